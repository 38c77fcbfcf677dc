//! The page's entry: a panic screen outside Leptos' root, then the page.

fn main() {
    zadachnik::web::panic_screen::install();
    zadachnik::ui::mount();
}
