//! The quality-of-service class of pods.

use std::collections::BTreeMap;

use serde_json::Value;

use super::core::PodSpec;
use super::quantity::Quantity;

/// `Guaranteed`, `Burstable` or `BestEffort`.
// Models pkg/apis/core/v1/helper/qos/qos.go ComputePodQOS
pub fn qos_class(spec: &PodSpec) -> &'static str {
    let mut any = false;
    let mut guaranteed = true;
    for container in spec.init_containers.iter().chain(&spec.containers) {
        let (requests, limits) = (&container.resources.requests, &container.resources.limits);
        for name in ["cpu", "memory"] {
            let (request, limit) = (amount(requests, name), amount(limits, name));
            any |= request.is_some_and(|n| n > 0) || limit.is_some_and(|n| n > 0);
            guaranteed &=
                limit.is_some_and(|n| n > 0) && request.is_none_or(|request| Some(request) == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// Thousandths; `None` for what is absent or no quantity.
fn amount(amounts: &BTreeMap<String, Value>, name: &str) -> Option<i64> {
    let quantity = match amounts.get(name)? {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => return None,
    };
    quantity.ok().map(Quantity::milli_value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::codec::Codec;

    #[test]
    fn requests_and_limits_decide_the_class() {
        let cases = [
            (json!({}), "BestEffort"),
            (json!({"requests": {"cpu": "100m"}}), "Burstable"),
            (json!({"limits": {"cpu": 1, "memory": "1Gi"}}), "Guaranteed"),
            (
                json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1000m", "memory": "1Gi"}}),
                "Guaranteed",
            ),
            (json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}), "Burstable"),
        ];
        for (resources, class) in cases {
            let spec = json!({"containers": [{"name": "c", "resources": resources}]});
            let spec = PodSpec::decode(spec).expect("a spec");
            assert_eq!(qos_class(&spec), class, "{resources}");
        }
    }
}
