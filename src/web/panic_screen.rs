//! The last resort: a screen outside Leptos that says what happened and offers the command log for copying.

use std::cell::Cell;

use super::browser::document;
use super::cluster;

thread_local! {
    static SHOWN: Cell<bool> = const { Cell::new(false) };
}

pub fn is_shown() -> bool {
    SHOWN.get()
}

/// Shows the screen on any panic of the page; the details go to the console as before.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        show(&info.to_string());
    }));
}

/// Shows the screen, once; from then on the page stands still.
pub fn show(message: &str) {
    if !SHOWN.replace(true) {
        // Nothing is left to do when even this fails; the console has the message.
        let _ = draw(message);
    }
}

fn draw(message: &str) -> Result<(), wasm_bindgen::JsValue> {
    let document = document();
    let Some(body) = document.body() else { return Ok(()) };
    let screen = document.create_element("div")?;
    screen.set_class_name("panic");
    screen.set_attribute("role", "alert")?;
    let add = |tag: &str, text: &str| -> Result<web_sys::Element, wasm_bindgen::JsValue> {
        let element = document.create_element(tag)?;
        element.set_text_content(Some(text));
        screen.append_child(&element)?;
        Ok(element)
    };
    add("h1", "Задачник остановился")?;
    add(
        "p",
        "Это ошибка в программе, не ваша. Прогресс и файлы сохранены в браузере: перезагрузите страницу.",
    )?;
    add("p", "Ниже журнал команд: с ним ошибку можно повторить. Скопируйте его в сообщение о ней.")?;
    let area = add("textarea", &format!("{message}\n\n{}", cluster::command_log()))?;
    area.set_attribute("readonly", "")?;
    area.set_attribute("aria-label", "Журнал команд")?;
    let link = add("a", "Перезагрузить страницу")?;
    link.set_attribute("href", "")?;
    body.append_child(&screen)?;
    Ok(())
}
