//! Elastic Indexed Jobs and limits per index.

use serde_json::json;
use zadachnik::api::batch::INDEX_FAILURE_COUNT;
use zadachnik::base::Duration;

use super::Scenario;
use super::world::{LONG, World, index};

pub const SCENARIOS: &[Scenario] = &[
    ("scenario/elastic-scale-up", elastic_scale_up),
    ("scenario/elastic-scale-down", elastic_scale_down),
    ("scenario/elastic-down-up", elastic_down_up),
    ("scenario/elastic-to-zero", elastic_to_zero),
    ("scenario/per-index-success-after-retry", per_index_success_after_retry),
    ("scenario/per-index-exceeded", per_index_exceeded),
    ("scenario/per-index-global-first", per_index_global_first),
    ("scenario/max-failed-indexes", max_failed_indexes),
    ("scenario/docs-per-index-example", docs_per_index_example),
];

fn elastic() -> World {
    let mut world = World::with_job(json!({"completionMode": "Indexed", "parallelism": 3, "completions": 3}));
    world.pass_seconds(2);
    world
}

fn scale(world: &mut World, size: i32) {
    world.edit(|spec| (spec.parallelism, spec.completions) = (Some(size), Some(size)));
    world.pass_seconds(3);
}

fn elastic_scale_up() {
    let mut world = elastic();
    scale(&mut world, 4);
    assert_eq!(world.active_indexes(), [0, 1, 2, 3]);
    (0..4).for_each(|index| world.end_index(index, 0));
    world.pass_seconds(3);
    world.expect_status(json!({"completedIndexes": "0-3"}));
    world.expect_finished("Complete", "CompletionsReached");
}

fn elastic_scale_down() {
    let mut world = elastic();
    world.end_index(1, 0);
    world.pass_seconds(3);
    world.end_index(2, 1);
    world.pass_seconds(3);
    world.expect_status(json!({"completedIndexes": "1", "failed": 1}));
    // The back-off still keeps index 2 from its next pod.
    assert_eq!(world.active_indexes(), [0]);
    world.pass_seconds(LONG);
    assert_eq!(world.active_indexes(), [0, 2]);
    scale(&mut world, 1);
    world.end_index(0, 0);
    world.pass_seconds(3);
    world.expect_status(json!({"completedIndexes": "0", "failed": 1}));
    world.expect_finished("Complete", "CompletionsReached");
}

fn elastic_down_up() {
    let mut world = elastic();
    world.end_index(2, 0);
    world.pass_seconds(3);
    world.expect_status(json!({"completedIndexes": "2"}));
    assert_eq!(world.active_indexes(), [0, 1]);
    scale(&mut world, 2);
    world.expect_status(json!({"completedIndexes": "", "succeeded": 0}));
    assert_eq!(world.active_indexes(), [0, 1]);
    scale(&mut world, 3);
    assert_eq!(world.active_indexes(), [0, 1, 2]);
    (0..3).for_each(|index| world.end_index(index, 0));
    world.pass_seconds(3);
    world.expect_status(json!({"completedIndexes": "0-2"}));
    world.expect_finished("Complete", "CompletionsReached");
}

fn elastic_to_zero() {
    let mut world = elastic();
    scale(&mut world, 0);
    world.expect_finished("Complete", "CompletionsReached");
    assert!(world.active().is_empty());
}

fn per_index_success_after_retry() {
    let spec =
        json!({"completionMode": "Indexed", "parallelism": 2, "completions": 2, "backoffLimitPerIndex": 1});
    let mut world = World::with_job(spec);
    world.pass_seconds(2);
    world.end_index(0, 1);
    world.pass_seconds(LONG);
    world.expect_status(json!({"active": 2, "failed": 1, "failedIndexes": ""}));
    assert_eq!(world.active_indexes(), [0, 1]);
    let replacement = world.active().into_iter().find(|pod| index(pod) == Some(0)).expect("a replacement");
    assert_eq!(replacement.metadata.annotations.get(INDEX_FAILURE_COUNT).map(String::as_str), Some("1"));
    (0..2).for_each(|index| world.end_index(index, 0));
    world.pass_seconds(3);
    world.expect_finished("Complete", "CompletionsReached");
}

fn per_index_exceeded() {
    let spec =
        json!({"completionMode": "Indexed", "parallelism": 2, "completions": 2, "backoffLimitPerIndex": 2});
    let mut world = World::with_job(spec);
    world.pass_seconds(2);
    for (failed, failed_indexes, active) in [(1, "", vec![0, 1]), (2, "", vec![0, 1]), (3, "0", vec![1])] {
        world.end_index(0, 1);
        world.pass_seconds(LONG);
        world.expect_status(json!({"failed": failed, "failedIndexes": failed_indexes}));
        assert_eq!(world.active_indexes(), active);
    }
    world.end_index(1, 0);
    world.pass_seconds(3);
    world.expect_finished("Failed", "FailedIndexes");
    assert_eq!(
        world.job().status.conditions.last().map(|c| c.message.clone()).as_deref(),
        Some("Job has failed indexes")
    );
}

fn per_index_global_first() {
    let mut world = World::with_job(
        json!({"completionMode": "Indexed", "parallelism": 3, "completions": 3, "backoffLimitPerIndex": 1, "backoffLimit": 2}),
    );
    world.pass_seconds(2);
    for failed in 1..=2 {
        world.end_index(failed - 1, 1);
        world.pass_seconds(LONG);
        world.expect_status(json!({"failed": failed, "active": 3}));
    }
    world.end_index(2, 1);
    world.pass_seconds(3);
    world.expect_status(json!({"failed": 5, "failedIndexes": ""}));
    world.expect_finished("Failed", "BackoffLimitExceeded");
}

fn max_failed_indexes() {
    let mut world = World::with_job(
        json!({"completionMode": "Indexed", "parallelism": 3, "completions": 3, "backoffLimitPerIndex": 0, "maxFailedIndexes": 1}),
    );
    world.pass_seconds(2);
    world.end_index(0, 1);
    world.pass_seconds(3);
    world.expect_status(json!({"active": 2, "failed": 1, "failedIndexes": "0"}));
    assert_eq!(world.active_indexes(), [1, 2]);
    world.end_index(1, 1);
    world.pass_seconds(3);
    world.expect_status(json!({"active": 0, "failed": 3, "failedIndexes": "0,1"}));
    world.expect_finished("Failed", "MaxFailedIndexesExceeded");
}

fn docs_per_index_example() {
    let mut world = World::with_job(
        json!({"completionMode": "Indexed", "completions": 10, "parallelism": 3, "backoffLimitPerIndex": 1, "maxFailedIndexes": 5}),
    );
    world.run_pods(10 * LONG, |pod| {
        (Duration::from_secs(1), i32::from(index(pod).is_none_or(|i| i % 2 == 0)))
    });
    world.expect_status(
        json!({"completedIndexes": "1,3,5,7,9", "failedIndexes": "0,2,4,6,8", "succeeded": 5, "failed": 10}),
    );
    assert_eq!(world.conditions(), ["FailureTarget/FailedIndexes", "Failed/FailedIndexes"]);
}
