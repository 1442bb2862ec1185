//! What may be logged of a request.

use crate::base::encoding::uri_decode;

/// Query parameters whose values would let a reader of the log act as the caller.
const SECRET_PARAMETERS: [&str; 4] = [
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "signature",
];

/// A raw query string without the values of presigned parameters.
pub fn redact_query(query: &str) -> String {
    let redact = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        // The verifier decodes names, so a name may come in escapes.
        let decoded = uri_decode(name.as_bytes()).unwrap_or_default();
        let is_secret = SECRET_PARAMETERS
            .iter()
            .any(|secret| secret.as_bytes().eq_ignore_ascii_case(&decoded));
        if is_secret {
            format!("{name}=redacted")
        } else {
            pair.to_owned()
        }
    };
    query.split('&').map(redact).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presigned_query_loses_its_secret_values() {
        let query = "X-Amz-Credential=AK%2F2026&X-Amz-Date=2026&x-amz-signature=00ff&X-Amz-Security-Token=t&prefix=a";
        assert_eq!(
            redact_query(query),
            "X-Amz-Credential=redacted&X-Amz-Date=2026&x-amz-signature=redacted&X-Amz-Security-Token=redacted&prefix=a"
        );
        let escaped = redact_query("X-Amz-Signatur%65=00ff&%zz=1");
        assert_eq!(escaped, "X-Amz-Signatur%65=redacted&%zz=1");
    }
}
