//! What kubectl knows of clusters: one cluster with one user, and the contexts that name them.

/// The name of the context that is there at first, and of its cluster.
pub const CONTEXT: &str = "zadachnik";
pub const USER: &str = "student";
pub const SERVER: &str = "https://127.0.0.1:16443";
/// Where a real kubectl would keep it.
pub const PATH: &str = "/home/student/.kube/config";

/// A context; what it does not say is empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub name: String,
    pub cluster: String,
    pub user: String,
    pub namespace: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kubeconfig {
    /// In the order of their names.
    pub contexts: Vec<Entry>,
    /// May name a context that is no longer there.
    pub current: String,
}

impl Default for Kubeconfig {
    fn default() -> Kubeconfig {
        let entry = Entry {
            name: CONTEXT.to_owned(),
            cluster: CONTEXT.to_owned(),
            user: USER.to_owned(),
            namespace: String::new(),
        };
        Kubeconfig { contexts: vec![entry], current: CONTEXT.to_owned() }
    }
}

impl Kubeconfig {
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.contexts.iter().find(|entry| entry.name == name)
    }

    /// The context of that name, which is made if there is none; whether it was there.
    pub fn entry(&mut self, name: &str) -> (&mut Entry, bool) {
        let at = self.contexts.partition_point(|entry| entry.name.as_str() < name);
        let known = self.contexts.get(at).is_some_and(|entry| entry.name == name);
        if !known {
            let nothing = String::new;
            let entry =
                Entry { name: name.to_owned(), cluster: nothing(), user: nothing(), namespace: nothing() };
            self.contexts.insert(at, entry);
        }
        (&mut self.contexts[at], known)
    }

    pub fn remove(&mut self, name: &str) -> Option<Entry> {
        let at = self.contexts.iter().position(|entry| entry.name == name)?;
        Some(self.contexts.remove(at))
    }

    /// The name that a command goes by: the given one, or the current.
    pub fn chosen<'a>(&'a self, given: &'a str) -> &'a str {
        if given.is_empty() { &self.current } else { given }
    }

    /// The namespace of a context, or of the current one.
    pub fn namespace(&self, context: &str) -> &str {
        match self.find(self.chosen(context)) {
            Some(entry) if !entry.namespace.is_empty() => &entry.namespace,
            _ => "default",
        }
    }
}
