//! The whole way of a text from YAML to the server's verdict. The answers do not matter here.

use zadachnik::api::decode::{Validation, decode};
use zadachnik::api::defaults::set_defaults;
use zadachnik::api::diagnostics::diagnose;
use zadachnik::api::strategy::prepare_create;
use zadachnik::api::{Kind, validation};
use zadachnik::manifest::decode_stream;

pub fn judge(text: &str) {
    let _ = diagnose(text);
    for value in decode_stream(text).into_iter().flatten() {
        for kind in Kind::ALL {
            let Ok((mut object, _)) = decode(*kind, value.clone(), Validation::Ignore) else { continue };
            set_defaults(&mut object);
            prepare_create(&mut object);
            let _ = validation::validate_create(&object);
            let _ = validation::create_warnings(&object);
            let mut changed = object.clone();
            changed.metadata_mut().labels.insert("changed".to_owned(), "yes".to_owned());
            let _ = validation::validate_update(&changed, &object);
            let _ = validation::validate_status_update(&changed, &object);
        }
    }
}
