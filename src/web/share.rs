//! Texts in the page's address: compressed, in letters that an address may hold.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStream, ReadableStreamDefaultReader, ReadableWritablePair};

use super::browser::window;

/// A link that unpacks to more than this is refused: a hostile one must not fill the memory.
const UNPACKED_MAX_BYTES: usize = 4 << 20;

#[wasm_bindgen]
extern "C" {
    type CompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;

    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
}

/// The format of both: no header, no checksum.
const DEFLATE: &str = "deflate-raw";

/// # Errors
/// When the browser cannot compress.
pub async fn pack(text: &str) -> Result<String, String> {
    let refused = |_| "браузер не умеет сжимать".to_owned();
    let stream = CompressionStream::new(DEFLATE).map_err(refused)?;
    let bytes = through(text.as_bytes(), stream.unchecked_ref()).await.map_err(refused)?;
    let binary: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let base64 = window().btoa(&binary).map_err(refused)?;
    Ok(base64.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned())
}

/// # Errors
/// When the text is damaged or unpacks to too much.
pub async fn unpack(packed: &str) -> Result<String, String> {
    let damaged = |_| "ссылка повреждена".to_owned();
    let base64 = packed.replace('-', "+").replace('_', "/");
    let binary = window().atob(&base64).map_err(damaged)?;
    let bytes: Vec<u8> = binary.chars().map(|letter| letter as u32 as u8).collect();
    let stream = DecompressionStream::new(DEFLATE).map_err(damaged)?;
    let bytes = through(&bytes, stream.unchecked_ref()).await.map_err(damaged)?;
    String::from_utf8(bytes).map_err(|_| "ссылка повреждена".to_owned())
}

async fn through(bytes: &[u8], transform: &ReadableWritablePair) -> Result<Vec<u8>, JsValue> {
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence(&parts)?;
    let stream: ReadableStream = blob.stream().pipe_through(transform);
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut collected = Vec::new();
    loop {
        let chunk = JsFuture::from(reader.read()).await?;
        if js_sys::Reflect::get(&chunk, &"done".into())?.is_truthy() {
            return Ok(collected);
        }
        let piece: js_sys::Uint8Array = js_sys::Reflect::get(&chunk, &"value".into())?.unchecked_into();
        if collected.len() + piece.length() as usize > UNPACKED_MAX_BYTES {
            return Err(JsValue::from_str("too long"));
        }
        collected.extend(piece.to_vec());
    }
}
