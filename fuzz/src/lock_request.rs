//! Versioning and Object Lock. Input: a document, given to every operation that takes one, or three
//! header values on a line each: mode, date, legal hold.

use riznica::auth::RequestView;
use riznica::model::lock::LockState;
use riznica::s3::extract::lock as headers;
use riznica::s3::xml::{lock, responses_settings};

pub fn run(data: &[u8]) {
    if let Ok(versioning) = lock::versioning(data) {
        let again = responses_settings::versioning(versioning);
        assert_eq!(lock::versioning(again.as_bytes()), Ok(versioning));
    }
    if let Ok(object_lock) = lock::object_lock(data) {
        let again = responses_settings::object_lock(&object_lock);
        assert_eq!(lock::object_lock(again.as_bytes()), Ok(object_lock));
        let period = object_lock.default_retention.map(|own| own.period.millis());
        let years = period.map(|millis| millis.div_ceil(365 * 86_400_000));
        assert!(years.is_none_or(|years| (1..=100).contains(&years)));
    }
    if let Ok(Some(retention)) = lock::retention(data) {
        let again = responses_settings::retention(&retention);
        assert_eq!(lock::retention(again.as_bytes()), Ok(Some(retention)));
    }
    if let Ok(is_held) = lock::legal_hold(data) {
        let again = responses_settings::legal_hold(is_held);
        assert_eq!(lock::legal_hold(again.as_bytes()), Ok(is_held));
    }
    let names = [
        headers::MODE_HEADER,
        headers::RETAIN_UNTIL_HEADER,
        headers::LEGAL_HOLD_HEADER,
    ];
    let given: Vec<_> = names
        .into_iter()
        .zip(data.split(|byte| *byte == b'\n'))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    if let Some(state) = read(given) {
        let hold = if state.legal_hold { "ON" } else { "OFF" };
        let date = state.retention.map(|own| own.retain_until.iso8601_millis());
        let mut again = vec![(headers::LEGAL_HOLD_HEADER, hold.as_bytes())];
        if let (Some(own), Some(date)) = (state.retention, &date) {
            again.push((headers::MODE_HEADER, own.mode.name().as_bytes()));
            again.push((headers::RETAIN_UNTIL_HEADER, date.as_bytes()));
        }
        assert_eq!(read(again), Some(state));
    }
}

fn read(headers: Vec<(&str, &[u8])>) -> Option<LockState> {
    let request = RequestView {
        method: "PUT",
        path: "/bucket/key",
        query: "",
        headers,
        secure: true,
    };
    headers::lock(&request).ok().flatten()
}
