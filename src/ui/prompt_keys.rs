//! What a key press in the terminal's line means. Chords go by the key's place, so that they work in any layout.

use web_sys::KeyboardEvent;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    Enter,
    Complete,
    HistoryUp,
    HistoryDown,
    Search,
    Interrupt,
    Clear,
    LineStart,
    LineEnd,
    CutBefore,
    CutAfter,
    CutWord,
    WordBack,
    WordForward,
    Escape,
    EndOfInput,
    /// Nothing happens, and the browser does nothing either: Ctrl-S must not open a dialog.
    Swallow,
}

/// `has_selection`: some text of the page is selected, so that Ctrl-C copies it.
pub fn action(event: &KeyboardEvent, line_is_empty: bool, has_selection: bool) -> Option<Action> {
    if event.is_composing() {
        return None;
    }
    let code = event.code();
    let code = code.as_str();
    if event.ctrl_key() && !event.alt_key() && !event.meta_key() {
        return match code {
            "KeyC" if has_selection => None,
            "KeyC" => Some(Action::Interrupt),
            "KeyR" => Some(Action::Search),
            "KeyL" => Some(Action::Clear),
            "KeyA" => Some(Action::LineStart),
            "KeyE" => Some(Action::LineEnd),
            "KeyU" => Some(Action::CutBefore),
            "KeyK" => Some(Action::CutAfter),
            "KeyW" => Some(Action::CutWord),
            "KeyP" => Some(Action::HistoryUp),
            "KeyN" => Some(Action::HistoryDown),
            "KeyD" if line_is_empty => Some(Action::EndOfInput),
            "KeyS" => Some(Action::Swallow),
            _ => None,
        };
    }
    if event.alt_key() && !event.ctrl_key() && !event.meta_key() {
        return match code {
            "KeyB" => Some(Action::WordBack),
            "KeyF" => Some(Action::WordForward),
            _ => None,
        };
    }
    match event.key().as_str() {
        "Enter" => Some(Action::Enter),
        "Tab" if !event.shift_key() && !line_is_empty => Some(Action::Complete),
        "ArrowUp" => Some(Action::HistoryUp),
        "ArrowDown" => Some(Action::HistoryDown),
        "Escape" => Some(Action::Escape),
        _ => None,
    }
}

/// Where the word before `cursor` begins; both count UTF-16 units, as inputs do.
pub fn word_start(line: &str, cursor: u32) -> u32 {
    let units: Vec<u16> = line.encode_utf16().collect();
    let mut at = (cursor as usize).min(units.len());
    let is_space = |unit: u16| unit == u16::from(b' ');
    while at > 0 && is_space(units[at - 1]) {
        at -= 1;
    }
    while at > 0 && !is_space(units[at - 1]) {
        at -= 1;
    }
    at as u32
}

/// Where the word after `cursor` ends.
pub fn word_end(line: &str, cursor: u32) -> u32 {
    let units: Vec<u16> = line.encode_utf16().collect();
    let mut at = (cursor as usize).min(units.len());
    let is_space = |unit: u16| unit == u16::from(b' ');
    while at < units.len() && is_space(units[at]) {
        at += 1;
    }
    while at < units.len() && !is_space(units[at]) {
        at += 1;
    }
    at as u32
}

/// The byte offset of a place counted in UTF-16 units.
pub fn byte_offset(line: &str, cursor: u32) -> usize {
    let mut units = 0;
    for (at, letter) in line.char_indices() {
        if units >= cursor as usize {
            return at;
        }
        units += letter.len_utf16();
    }
    line.len()
}

/// The place in UTF-16 units of a byte offset.
pub fn utf16_offset(line: &str, byte: usize) -> u32 {
    line.char_indices().take_while(|(at, _)| *at < byte).map(|(_, letter)| letter.len_utf16() as u32).sum()
}
