//! Lengths of drawings in whole tenths of a unit: written without the code that prints any fraction, which would be a
//! good part of the page.

/// A length in tenths of a unit, as an attribute says it.
pub fn px(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}
