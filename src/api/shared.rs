//! Values that copies of an object share until one of them changes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde_json::Value;

use super::codec::{Codec, DecodeError, Map};
use super::view::{View, Viewed};
use crate::base::sorted;

/// A part of an object that most changes of the object leave alone: a clone costs nothing, and only a change of the
/// part itself copies it. Empty ones hold no memory.
pub struct Shared<T>(Option<Arc<T>>);

/// A type whose empty value exists once for all.
pub trait Empty: Default + PartialEq + 'static {
    fn empty() -> &'static Self;
}

impl<T: PartialEq + 'static> Empty for Vec<T> {
    fn empty() -> &'static Self {
        const { &Vec::new() }
    }
}

impl<K: PartialEq + 'static, V: PartialEq + 'static> Empty for BTreeMap<K, V> {
    fn empty() -> &'static Self {
        const { &BTreeMap::new() }
    }
}

/// Declares types that can be shared.
macro_rules! shared {
    ($($name:ty),*) => {$(
        impl $crate::api::shared::Empty for $name {
            fn empty() -> &'static Self {
                static EMPTY: std::sync::LazyLock<$name> = std::sync::LazyLock::new(Default::default);
                &EMPTY
            }
        }
    )*};
}
pub(crate) use shared;

shared!(Map);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Shared(None)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<T: Empty> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Shared((value != *T::empty()).then(|| Arc::new(value)))
    }
}

impl<T: Empty> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(value) => value,
            None => T::empty(),
        }
    }
}

impl<T: Empty + Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl<T> Shared<T> {
    pub const fn empty() -> Self {
        Shared(None)
    }

    /// Where the value lies in memory; 0 for an empty one.
    pub fn address(&self) -> usize {
        self.0.as_ref().map_or(0, |value| Arc::as_ptr(value).addr())
    }

    /// Whether others hold the same memory.
    pub fn is_shared(&self) -> bool {
        self.0.as_ref().is_some_and(|value| Arc::strong_count(value) > 1)
    }

    /// Whether both are the same memory, which tells that they are equal without a look at them.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl<T: Empty> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || **self == **other
    }
}

impl<T: Empty + fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Empty + Default + Extend<I>, I> FromIterator<I> for Shared<T> {
    fn from_iter<S: IntoIterator<Item = I>>(items: S) -> Self {
        sorted::collect::<T, I>(items).into()
    }
}

impl<'a, T: Empty> IntoIterator for &'a Shared<T>
where
    &'a T: IntoIterator,
{
    type Item = <&'a T as IntoIterator>::Item;
    type IntoIter = <&'a T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (**self).into_iter()
    }
}

impl<T: Codec + Empty> Codec for Shared<T> {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        T::decode(value).map(Shared::from)
    }
}

impl<T: Viewed + Empty> Viewed for Shared<T> {
    fn view(&self) -> View<'_> {
        (**self).view()
    }
    fn is_omitted(&self) -> bool {
        (**self).is_omitted()
    }
    fn shared_at(&self) -> Option<usize> {
        self.is_shared().then(|| self.address())
    }
}

/// A text of which many objects hold copies.
pub type SharedText = Arc<str>;

impl Codec for SharedText {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        String::decode(value).map(SharedText::from)
    }
}

impl Viewed for SharedText {
    fn view(&self) -> View<'_> {
        View::Text(Cow::Borrowed(self))
    }
    fn is_omitted(&self) -> bool {
        self.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_part_when_one_of_them_changes() {
        let first: Shared<Vec<i32>> = vec![1].into();
        let mut second = first.clone();
        assert!(first.is_same(&second));
        second.push(2);
        assert_eq!((&*first, &*second), (&vec![1], &vec![1, 2]));
        assert_ne!(first, second);
    }

    #[test]
    fn empty_values_are_alike_however_they_came_to_be() {
        let mut emptied: Shared<Vec<i32>> = vec![1].into();
        emptied.clear();
        assert_eq!(emptied, Shared::default());
        assert!(Shared::from(Vec::<i32>::new()).0.is_none());
        assert!(Shared::<BTreeMap<String, String>>::default().is_empty());
    }
}
