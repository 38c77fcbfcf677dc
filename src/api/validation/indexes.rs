//! Texts that list completion indexes: `0,2-4,7`.

// Models pkg/apis/batch/validation/validation.go validateIndexesFormat
/// How many indexes the text lists.
///
/// # Errors
/// Upstream's message about the text.
pub fn validate_indexes(text: &str, completions: i32) -> Result<i32, String> {
    let mut total = 0i32;
    let mut last: Option<i64> = None;
    if text.is_empty() {
        return Ok(0);
    }
    for part in text.split(',') {
        let (first, end) = parse_interval(part, completions)?;
        if let Some(last) = last.filter(|last| *last >= first) {
            return Err(format!("non-increasing order, previous: {last}, current: {first}"));
        }
        total += (end - first + 1) as i32;
        last = Some(end);
    }
    Ok(total)
}

fn parse_interval(text: &str, completions: i32) -> Result<(i64, i64), String> {
    let parts: Vec<&str> = text.split('-').collect();
    if parts.len() > 2 {
        return Err(format!(
            "the fragment {text:?} violates the requirement that an index interval can have at most two parts separated by '-'"
        ));
    }
    let index = |part: &str| -> Result<i64, String> {
        let number: i64 =
            part.parse().map_err(|_| format!("cannot convert string to integer for index: {part:?}"))?;
        if number >= i64::from(completions) {
            return Err(format!("too large index: {part:?}"));
        }
        Ok(number)
    };
    let first = index(parts[0])?;
    let Some(end) = parts.get(1) else { return Ok((first, first)) };
    let end = index(end)?;
    if first >= end {
        return Err(format!("non-increasing order, previous: {first}, current: {end}"));
    }
    Ok((first, end))
}

/// # Errors
/// The lists share an index. Malformed intervals are skipped.
// Models pkg/apis/batch/validation/validation.go validateFailedIndexesNotOverlapCompleted
pub fn validate_no_overlap(completed: &str, failed: &str, completions: i32) -> Result<(), String> {
    let parse = |text: &str| -> Vec<(i64, i64)> {
        text.split(',').filter_map(|part| parse_interval(part, completions).ok()).collect()
    };
    let (completed, failed) = (parse(completed), parse(failed));
    let (mut left, mut right) = (completed.iter().peekable(), failed.iter().peekable());
    while let (Some(done), Some(lost)) = (left.peek(), right.peek()) {
        if done.0 <= lost.1 && lost.0 <= done.1 {
            let shared = done.0.max(lost.0);
            return Err(format!("failedIndexes and completedIndexes overlap at index: {shared}"));
        }
        if done.1 < lost.0 {
            left.next();
        } else {
            right.next();
        }
    }
    Ok(())
}
