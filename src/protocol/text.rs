//! The text form in which the seam's data crosses between the modules: words with a space behind each, texts behind
//! their length in bytes. Both sides are of one build, so nothing names its fields; and every type's reader and writer
//! are a few calls, so that the page stays small.

use crate::base::{Fault, Time, Timestamp};

/// Data that crosses. Declared by `crossing!`, which writes and reads the fields in their order.
pub trait Crossing: Sized {
    fn put(&self, out: &mut String);
    /// `None` when the text does not go on with such a value.
    fn take(reader: &mut Reader<'_>) -> Option<Self>;
}

pub fn to_text<T: Crossing>(value: &T) -> String {
    let mut out = String::new();
    value.put(&mut out);
    out
}

/// `None` when the text is not of this type and build.
pub fn from_text<T: Crossing>(text: &str) -> Option<T> {
    let mut reader = Reader { rest: text };
    T::take(&mut reader).filter(|_| reader.rest.is_empty())
}

pub struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    pub fn word(&mut self) -> Option<&'a str> {
        let (word, rest) = self.rest.split_once(' ')?;
        self.rest = rest;
        Some(word)
    }

    fn number(&mut self) -> Option<i64> {
        self.word()?.parse().ok()
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number()? as usize;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(text.to_owned())
    }
}

pub fn put_word(word: &str, out: &mut String) {
    out.push_str(word);
    out.push(' ');
}

fn put_number(number: i64, out: &mut String) {
    put_word(&number.to_string(), out);
}

macro_rules! crossing_numbers {
    ($($type:ty)*) => {$(
        impl Crossing for $type {
            fn put(&self, out: &mut String) {
                put_number(*self as i64, out);
            }
            fn take(reader: &mut Reader<'_>) -> Option<Self> {
                reader.number().map(|number| number as $type)
            }
        }
    )*};
}

// Numbers above i64::MAX come back as they went: the casts are each other's inverse.
crossing_numbers!(i32 i64 u32 u64 usize);

impl Crossing for bool {
    fn put(&self, out: &mut String) {
        put_number(i64::from(*self), out);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        reader.number().map(|number| number != 0)
    }
}

impl Crossing for String {
    fn put(&self, out: &mut String) {
        put_number(self.len() as i64, out);
        out.push_str(self);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text()
    }
}

impl Crossing for Time {
    fn put(&self, out: &mut String) {
        put_number(self.as_millis(), out);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        reader.number().map(Time::from_millis)
    }
}

impl Crossing for Timestamp {
    fn put(&self, out: &mut String) {
        put_number(self.as_secs(), out);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        reader.number().map(Timestamp::from_secs)
    }
}

/// As it stands in the log of commands.
impl Crossing for Fault {
    fn put(&self, out: &mut String) {
        self.to_string().put(out);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text()?.parse().ok()
    }
}

impl<T: Crossing> Crossing for Option<T> {
    fn put(&self, out: &mut String) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        Some(if bool::take(reader)? { Some(T::take(reader)?) } else { None })
    }
}

impl<T: Crossing> Crossing for Vec<T> {
    fn put(&self, out: &mut String) {
        self.len().put(out);
        self.iter().for_each(|item| item.put(out));
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let mut items = Vec::new();
        for _ in 0..usize::take(reader)? {
            items.push(T::take(reader)?);
        }
        Some(items)
    }
}

impl<A: Crossing, B: Crossing> Crossing for (A, B) {
    fn put(&self, out: &mut String) {
        self.0.put(out);
        self.1.put(out);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        Some((A::take(reader)?, B::take(reader)?))
    }
}

impl<T: Crossing> Crossing for Result<T, String> {
    fn put(&self, out: &mut String) {
        self.is_ok().put(out);
        match self {
            Ok(value) => value.put(out),
            Err(reason) => reason.put(out),
        }
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        Some(if bool::take(reader)? { Ok(T::take(reader)?) } else { Err(String::take(reader)?) })
    }
}

/// Declares data that crosses: a struct or an enum.
macro_rules! crossing {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl $crate::protocol::text::Crossing for $name {
            fn put(&self, out: &mut String) {
                $($crate::protocol::text::Crossing::put(&self.$field, out);)*
            }
            fn take(reader: &mut $crate::protocol::text::Reader<'_>) -> Option<Self> {
                $(let $field = $crate::protocol::text::Crossing::take(reader)?;)*
                Some($name { $($field),* })
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident
                $(($inner:ty))?
                $({ $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? })?
            ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug)]
        pub enum $name {
            $($(#[$variant_meta])* $variant $(($inner))? $({ $($(#[$field_meta])* $field: $type),* })?,)*
        }

        impl $crate::protocol::text::Crossing for $name {
            fn put(&self, out: &mut String) {
                match self {
                    $(
                        $name::$variant
                            $((crossing!(@bind inner $inner)))?
                            $({ $($field),* })? =>
                        {
                            $crate::protocol::text::put_word(stringify!($variant), out);
                            $($crate::protocol::text::Crossing::put(crossing!(@bind inner $inner), out);)?
                            $($($crate::protocol::text::Crossing::put($field, out);)*)?
                        }
                    )*
                }
            }
            fn take(reader: &mut $crate::protocol::text::Reader<'_>) -> Option<Self> {
                let word = reader.word()?;
                $(
                    if word == stringify!($variant) {
                        $($(let $field = $crate::protocol::text::Crossing::take(reader)?;)*)?
                        return Some(
                            $name::$variant
                                $((<$inner as $crate::protocol::text::Crossing>::take(reader)?))?
                                $({ $($field),* })?,
                        );
                    }
                )*
                None
            }
        }
    };
    (@bind $name:ident $type:ty) => { $name };
}
pub(crate) use crossing;

#[cfg(test)]
mod tests {
    use super::*;

    crossing! {
        pub struct Pair {
            pub text: String,
            pub numbers: Vec<i32>,
        }
    }
    crossing! {
        pub enum Any {
            Nothing,
            One(Pair),
            Named { maybe: Option<bool>, big: u64, result: Result<usize, String> },
        }
    }

    #[test]
    fn values_survive_their_text() {
        let pair = Pair { text: "два слова\n".to_owned(), numbers: vec![-1, 0, i32::MAX] };
        let values = vec![
            Any::Nothing,
            Any::One(pair),
            Any::Named { maybe: Some(false), big: u64::MAX, result: Err(String::new()) },
            Any::Named { maybe: None, big: 0, result: Ok(7) },
        ];
        assert_eq!(from_text(&to_text(&values)), Some(values));
    }

    #[test]
    fn damaged_texts_are_no_values() {
        let text = to_text(&vec![Any::One(Pair { text: "абв".to_owned(), numbers: vec![1] })]);
        assert!(
            (0..text.len()).filter_map(|end| text.get(..end)).all(|cut| from_text::<Vec<Any>>(cut).is_none())
        );
        for text in ["1 Else ", "x ", "1 Nothing 1", "9999999999999 ", "1 One 5 абв", "-1 "] {
            assert_eq!(from_text::<Vec<Any>>(text), None, "{text}");
        }
    }
}
