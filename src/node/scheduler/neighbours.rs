//! What the pods that run already mean for one more: affinity between pods and even spreading.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::filters::{NodeInfo, Refusal, matches_requirements, matches_selector_and_affinity, untolerated};
use crate::api::codec::Codec;
use crate::api::core::{Node, Pod, PodSpec, selector_matches};
use crate::api::meta::{LabelSelector, LabelSelectorRequirement};
use crate::api::{Kind, Object};
use crate::apiserver::ApiServer;
use crate::base::sorted;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const SPREAD: &str = "node(s) didn't match pod topology spread constraints";

type Labels = BTreeMap<String, String>;
/// A label of nodes and its value: all nodes with it are one place.
type Place = (String, String);

/// Some pods, in some namespaces, seen by the place in which they run.
struct Term {
    /// `None`: all of them.
    namespaces: Option<BTreeSet<String>>,
    selector: Option<LabelSelector>,
    place: String,
}

/// A wish for even spreading and what it finds.
struct Spread {
    place: String,
    skew_max: i64,
    /// Whether the pod itself would count.
    own: bool,
    counts: BTreeMap<String, i64>,
    least: i64,
    required: bool,
}

/// All that decides about the nodes for one pod besides the nodes themselves.
#[derive(Default)]
pub struct Neighbours {
    attraction: Vec<Term>,
    attracting: BTreeSet<Place>,
    /// Whether the pod would do as its own company: the first of its kind needs none.
    is_company: bool,
    repelled_by: BTreeSet<Place>,
    repelling: BTreeSet<Place>,
    spreads: Vec<Spread>,
    liking: BTreeMap<Place, i64>,
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    list(value, name).iter().filter_map(Value::as_str)
}

fn spread_list(spec: &PodSpec) -> &[Value] {
    spec.rest.get("topologySpreadConstraints").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The pods that a rule names; those of the pod's own value of a label where it says so.
fn selector_of(rule: &Value, own: &Labels) -> Option<LabelSelector> {
    let mut selector = LabelSelector::decode(rule.get("labelSelector")?.clone()).ok()?;
    for (keys, operator) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
        for (key, value) in texts(rule, keys).filter_map(|key| own.get_key_value(key)) {
            let values = vec![value.clone()];
            let requirement = LabelSelectorRequirement {
                key: key.clone(),
                operator: operator.to_owned(),
                values,
                ..LabelSelectorRequirement::default()
            };
            selector.match_expressions.push(requirement);
        }
    }
    Some(selector)
}

impl Term {
    // Models pkg/scheduler/framework/types.go newAffinityTerm
    fn new(api: Option<&ApiServer>, pod: &Pod, rule: &Value) -> Term {
        let mut namespaces: BTreeSet<String> = sorted::collect(texts(rule, "namespaces").map(str::to_owned));
        let chosen = rule.get("namespaceSelector").filter(|selector| !selector.is_null());
        let chosen = chosen.and_then(|selector| LabelSelector::decode(selector.clone()).ok());
        let mut everywhere = false;
        match (chosen, api) {
            (Some(selector), Some(api)) => {
                let all = api.list(Kind::Namespace, None).map(Object::metadata);
                let matching = all.filter(|meta| selector_matches(&selector, &meta.labels));
                namespaces.extend(matching.map(|meta| meta.name.clone()));
            }
            (Some(_), None) => everywhere = true,
            (None, _) if namespaces.is_empty() => {
                namespaces.insert(pod.metadata.namespace.clone());
            }
            (None, _) => {}
        }
        Term {
            namespaces: (!everywhere).then_some(namespaces),
            selector: selector_of(rule, &pod.metadata.labels),
            place: rule["topologyKey"].as_str().unwrap_or_default().to_owned(),
        }
    }

    fn all(api: Option<&ApiServer>, pod: &Pod, kind: &str) -> Vec<Term> {
        list(&pod.spec.affinity[kind], REQUIRED).iter().map(|rule| Term::new(api, pod, rule)).collect()
    }

    fn matches(&self, pod: &Pod) -> bool {
        let here = self.namespaces.as_ref().is_none_or(|names| names.contains(&pod.metadata.namespace));
        let selected = |selector| selector_matches(selector, &pod.metadata.labels);
        here && self.selector.as_ref().is_some_and(selected)
    }

    fn place_of(&self, node: &Node) -> Option<Place> {
        place_of(&self.place, node)
    }
}

fn place_of(key: &str, node: &Node) -> Option<Place> {
    node.metadata.labels.get(key).map(|value| (key.to_owned(), value.clone()))
}

fn match_all(terms: &[Term], pod: &Pod) -> bool {
    !terms.is_empty() && terms.iter().all(|term| term.matches(pod))
}

/// Whether a pod keeps others away.
pub fn repels(spec: &PodSpec) -> bool {
    !list(&spec.affinity["podAntiAffinity"], REQUIRED).is_empty()
}

fn has_wishes(spec: &PodSpec) -> bool {
    let affinity = ["podAffinity", "podAntiAffinity"].into_iter().map(|kind| &spec.affinity[kind]);
    !spread_list(spec).is_empty() || affinity.into_iter().any(Value::is_object)
}

/// Whether the coming or going of `other` can make room for a pod that its neighbours kept from every node.
// Models pkg/scheduler/framework/plugins/interpodaffinity/plugin.go isSchedulableAfterPodChange
pub fn concerns(pod: &Pod, other: &Pod, came: bool) -> bool {
    let spread = spread_list(&pod.spec).iter().any(|rule| {
        let selector = selector_of(rule, &pod.metadata.labels);
        pod.metadata.namespace == other.metadata.namespace
            && selector.is_some_and(|selector| selector_matches(&selector, &other.metadata.labels))
    });
    if spread {
        return true;
    }
    if came {
        return match_all(&Term::all(None, pod, "podAffinity"), other);
    }
    let kept_by_it = Term::all(None, other, "podAntiAffinity").iter().any(|term| term.matches(pod));
    kept_by_it || Term::all(None, pod, "podAntiAffinity").iter().any(|term| term.matches(other))
}

impl Neighbours {
    /// Looks at every pod that is on a node.
    // Models pkg/scheduler/framework/plugins/interpodaffinity/filtering.go PreFilter
    pub fn of(pod: &Pod, api: &ApiServer, nodes: &BTreeMap<String, NodeInfo>) -> Neighbours {
        let mut found =
            Neighbours { attraction: Term::all(Some(api), pod, "podAffinity"), ..Self::default() };
        found.is_company = match_all(&found.attraction, pod);
        let repulsion = Term::all(Some(api), pod, "podAntiAffinity");
        let mut spreads: Vec<(Spread, Option<LabelSelector>)> =
            spread_list(&pod.spec).iter().map(|rule| spread(rule, pod)).collect();
        for (spread, _) in &mut spreads {
            spread.counts = eligible(&pod.spec, &spread.place, nodes);
        }
        for object in api.list(Kind::Pod, None) {
            let Object::Pod(other) = object else { continue };
            let info = nodes.get(other.spec.node_name.as_str()).filter(|_| !other.is_terminal());
            let Some(node) = info.map(|info| &info.node) else { continue };
            if match_all(&found.attraction, other) {
                found.attracting.extend(found.attraction.iter().filter_map(|term| term.place_of(node)));
            }
            let near = repulsion.iter().filter(|term| term.matches(other));
            found.repelled_by.extend(near.filter_map(|term| term.place_of(node)));
            if repels(&other.spec) {
                let theirs = Term::all(Some(api), other, "podAntiAffinity");
                let near = theirs.iter().filter(|term| term.matches(pod));
                found.repelling.extend(near.filter_map(|term| term.place_of(node)));
            }
            found.like(api, pod, other, node);
            let counts = other.metadata.namespace == pod.metadata.namespace && !other.metadata.is_deleting();
            for (spread, selector) in spreads.iter_mut().filter(|_| counts) {
                let selected =
                    selector.as_ref().is_some_and(|it| selector_matches(it, &other.metadata.labels));
                let count = node.metadata.labels.get(&spread.place).and_then(|it| spread.counts.get_mut(it));
                if let Some(count) = count.filter(|_| selected) {
                    *count += 1;
                }
            }
        }
        found.spreads = spreads.into_iter().map(|(spread, _)| spread.measured()).collect();
        found
    }

    /// Counts how a neighbour that is only preferred or avoided speaks for its place.
    fn like(&mut self, api: &ApiServer, pod: &Pod, other: &Pod, node: &Node) {
        for (kind, sign) in [("podAffinity", 1), ("podAntiAffinity", -1)] {
            for wish in list(&pod.spec.affinity[kind], PREFERRED) {
                let term = Term::new(Some(api), pod, &wish["podAffinityTerm"]);
                if let Some(place) = term.place_of(node).filter(|_| term.matches(other)) {
                    *self.liking.entry(place).or_insert(0) += sign * wish["weight"].as_i64().unwrap_or(0);
                }
            }
        }
    }

    // Models the Filter of pkg/scheduler/framework/plugins/podtopologyspread and interpodaffinity/filtering.go
    pub fn refusal(&self, node: &Node) -> Option<Refusal> {
        let refuse =
            |reason: &str, unresolvable| Some(Refusal { reasons: vec![reason.to_owned()], unresolvable });
        for spread in self.spreads.iter().filter(|spread| spread.required) {
            let Some(value) = node.metadata.labels.get(&spread.place) else {
                return refuse(&format!("{SPREAD} (missing required label)"), true);
            };
            let count = spread.counts.get(value).copied().unwrap_or(0);
            if count + i64::from(spread.own) - spread.least > spread.skew_max {
                return refuse(SPREAD, false);
            }
        }
        let has = |places: &BTreeSet<Place>| {
            places.iter().any(|(key, value)| node.metadata.labels.get(key) == Some(value))
        };
        let in_company =
            |term: &Term| term.place_of(node).is_some_and(|place| self.attracting.contains(&place));
        let labelled = self.attraction.iter().all(|term| term.place_of(node).is_some());
        let alone = self.attracting.is_empty() && self.is_company;
        if !labelled || !(alone || self.attraction.iter().all(in_company)) {
            return refuse("node(s) didn't match pod affinity rules", true);
        }
        if has(&self.repelled_by) {
            return refuse("node(s) didn't match pod anti-affinity rules", false);
        }
        if has(&self.repelling) {
            return refuse("node(s) didn't satisfy existing pods anti-affinity rules", false);
        }
        None
    }

    /// How much the preferences speak for a node.
    fn liking(&self, node: &Node) -> i64 {
        let here = |place: &Place| node.metadata.labels.get(&place.0) == Some(&place.1);
        self.liking.iter().filter(|(place, _)| here(place)).map(|(_, weight)| weight).sum()
    }

    fn crowd(&self, node: &Node) -> i64 {
        let soft = self.spreads.iter().filter(|spread| !spread.required);
        let count = |spread: &Spread| spread.counts.get(node.metadata.labels.get(&spread.place)?).copied();
        soft.filter_map(count).sum()
    }
}

/// Points of each node for what the pod prefers, besides room: 0 where it prefers nothing.
// Models NormalizeScore of the plugins nodeaffinity, interpodaffinity and podtopologyspread, each of weight 2
pub fn preferences<'a>(
    spec: &PodSpec,
    neighbours: Option<&Neighbours>,
    nodes: impl Iterator<Item = &'a NodeInfo> + Clone,
) -> BTreeMap<&'a str, i64> {
    let wanted = list(&spec.affinity["nodeAffinity"], PREFERRED);
    let mut points = BTreeMap::new();
    if wanted.is_empty() && neighbours.is_none() {
        return points;
    }
    let nodes = nodes.map(|info| info.node.as_ref());
    let mut add = |score: &dyn Fn(&Node) -> i64, scale: &dyn Fn(i64, i64, i64) -> i64| {
        let (Some(min), Some(max)) = (nodes.clone().map(score).min(), nodes.clone().map(score).max()) else {
            return;
        };
        for node in nodes.clone() {
            *points.entry(node.metadata.name.as_str()).or_insert(0) += 2 * scale(score(node), min, max);
        }
    };
    let wished = |node: &Node| {
        let matching = wanted.iter().filter(|term| matches_requirements(node, &term["preference"]));
        matching.filter_map(|term| term["weight"].as_i64()).sum()
    };
    add(&wished, &|score, _, max| if max == 0 { 0 } else { score * 100 / max });
    if let Some(neighbours) = neighbours {
        let between = |score, min, max| if max == min { 0 } else { (score - min) * 100 / (max - min) };
        add(&|node| neighbours.liking(node), &between);
        let emptier = |score, min, max| if max == 0 { 100 } else { 100 * (max + min - score) / max };
        add(&|node| neighbours.crowd(node), &emptier);
    }
    points
}

/// Whether anything but nodes decides where the pod may go.
pub fn matter(spec: &PodSpec, any_repels: bool) -> bool {
    any_repels || has_wishes(spec)
}

fn spread(rule: &Value, pod: &Pod) -> (Spread, Option<LabelSelector>) {
    let selector = selector_of(rule, &pod.metadata.labels);
    let spread = Spread {
        place: rule["topologyKey"].as_str().unwrap_or_default().to_owned(),
        skew_max: rule["maxSkew"].as_i64().unwrap_or(1),
        own: selector.as_ref().is_some_and(|selector| selector_matches(selector, &pod.metadata.labels)),
        counts: BTreeMap::new(),
        // Until the places are counted: how many there have to be.
        least: rule["minDomains"].as_i64().unwrap_or(1),
        required: rule["whenUnsatisfiable"] != "ScheduleAnyway",
    };
    (spread, selector)
}

impl Spread {
    /// The least crowded place; one that is still missing counts as an empty one.
    // Models pkg/scheduler/framework/plugins/podtopologyspread/filtering.go minMatchNum
    fn measured(mut self) -> Spread {
        let enough = i64::try_from(self.counts.len()).is_ok_and(|places| places >= self.least);
        self.least = if enough { self.counts.values().min().copied().unwrap_or(0) } else { 0 };
        self
    }
}

/// The places that count for one wish of spreading, still empty.
// Models pkg/scheduler/framework/plugins/podtopologyspread/common.go matchNodeInclusionPolicies
fn eligible(spec: &PodSpec, place: &str, nodes: &BTreeMap<String, NodeInfo>) -> BTreeMap<String, i64> {
    let rules = spread_list(spec);
    let rule = rules.iter().find(|rule| rule["topologyKey"] == place).unwrap_or(&Value::Null);
    let honor_affinity = rule["nodeAffinityPolicy"] != "Ignore";
    let honor_taints = rule["nodeTaintsPolicy"] == "Honor";
    let counts = |node: &&Node| {
        let labels = &node.metadata.labels;
        rules.iter().filter_map(|rule| rule["topologyKey"].as_str()).all(|key| labels.contains_key(key))
            && (!honor_affinity || matches_selector_and_affinity(node, spec))
            && (!honor_taints || untolerated(node, spec, &["NoSchedule", "NoExecute"]).is_none())
    };
    let counted = nodes.values().map(|info| info.node.as_ref()).filter(counts);
    sorted::collect(counted.filter_map(|node| Some((node.metadata.labels.get(place)?.clone(), 0))))
}
