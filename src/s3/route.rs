//! From host, path, query and method to an operation and its target: a pure function.
//!
//! Owns: virtual-host and path style, the choice among operations, what is refused as not
//! implemented. Not here: signatures (they were checked before), policies.

use crate::auth::{QueryPair, RequestView};
use crate::base::encoding::uri_decode;
use crate::model::bucket::BucketName;
use crate::model::object_key::{InvalidObjectKey, ObjectKey};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::Operation;

/// Query parameters that choose a sub-resource. One that no operation below takes answers 501:
/// never a wrong success.
const SUBRESOURCES: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "annotation",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// Decoded query parameters.
#[derive(Debug)]
pub struct Query {
    pairs: Vec<QueryPair>,
}

impl Query {
    /// Takes what `auth::parse_query` decoded.
    pub fn new(pairs: Vec<QueryPair>) -> Self {
        Self { pairs }
    }

    /// The first value of a parameter.
    ///
    /// # Errors
    /// `InvalidArgument` when it is not UTF-8.
    pub fn get(&self, name: &str) -> Result<Option<&str>, S3Error> {
        let Some(pair) = self.pairs.iter().find(|pair| pair.name == name.as_bytes()) else {
            return Ok(None);
        };
        match std::str::from_utf8(&pair.value) {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(S3Error::argument(name, "", "The value is not UTF-8.")),
        }
    }

    /// Whether a parameter is there.
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|pair| pair.name == name.as_bytes())
    }

    /// The sub-resource, if one is named.
    fn subresource(&self) -> Option<&'static str> {
        SUBRESOURCES.iter().copied().find(|name| self.has(name))
    }
}

/// Where a request goes, as its path and host say.
#[derive(Debug, Default)]
pub struct Target {
    /// The bucket as written; not yet a valid name.
    pub bucket: Option<String>,
    /// The object key.
    pub object_key: Option<ObjectKey>,
}

impl Target {
    /// The bucket's name.
    ///
    /// # Errors
    /// `InvalidBucketName`.
    pub fn bucket_name(&self) -> Result<BucketName, S3Error> {
        let text = self.bucket.as_deref().unwrap_or_default();
        BucketName::parse(text).map_err(|_name| {
            S3Error::new(S3ErrorCode::InvalidBucketName).with("BucketName", text.to_owned())
        })
    }

    /// The object key.
    ///
    /// # Errors
    /// `InternalError`: routing gave an object operation without one.
    pub fn object_key(&self) -> Result<&ObjectKey, S3Error> {
        self.object_key
            .as_ref()
            .ok_or_else(|| S3Error::new(S3ErrorCode::InternalError))
    }
}

/// Reads bucket and object key from host and path.
///
/// # Errors
/// `InvalidURI`, `KeyTooLongError`.
pub fn target(request: &RequestView<'_>, domains: &[String]) -> Result<Target, S3Error> {
    let invalid = || S3Error::new(S3ErrorCode::InvalidURI);
    let (bucket, raw_key) = split_path(request, domains).ok_or_else(invalid)?;
    let object_key = if raw_key.is_empty() || bucket.is_none() {
        None
    } else {
        let decoded = uri_decode(raw_key.as_bytes()).ok_or_else(invalid)?;
        Some(
            ObjectKey::from_bytes(decoded).map_err(|source| match source {
                InvalidObjectKey::TooLong => S3Error::new(S3ErrorCode::KeyTooLongError),
                InvalidObjectKey::Malformed | InvalidObjectKey::NotUtf8 => invalid(),
            })?,
        )
    };
    Ok(Target { bucket, object_key })
}

/// The bucket and the escaped object key; `None` for what is no path.
pub fn split_path<'a>(
    request: &RequestView<'a>,
    domains: &[String],
) -> Option<(Option<String>, &'a str)> {
    let path = request.path.strip_prefix('/')?;
    if let Some(bucket) = virtual_host_bucket(request, domains) {
        return Some((Some(bucket), path));
    }
    let (bucket, raw_key) = path.split_once('/').unwrap_or((path, ""));
    let bucket = String::from_utf8(uri_decode(bucket.as_bytes())?).ok()?;
    Some(((!bucket.is_empty()).then_some(bucket), raw_key))
}

/// The bucket in front of a configured domain in the Host header.
fn virtual_host_bucket(request: &RequestView<'_>, domains: &[String]) -> Option<String> {
    let host = std::str::from_utf8(request.header("host")?).ok()?;
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let host = host.to_ascii_lowercase();
    domains.iter().find_map(|domain| {
        let bucket = host.strip_suffix(domain.as_str())?.strip_suffix('.')?;
        (!bucket.is_empty()).then(|| bucket.to_owned())
    })
}

/// Chooses the operation.
///
/// # Errors
/// `NotImplemented` for sub-resources that this server does not have, `MethodNotAllowed` with the
/// methods that are.
pub fn operation(
    request: &RequestView<'_>,
    target: &Target,
    query: &Query,
) -> Result<Operation, S3Error> {
    let has_copy_source = request.header("x-amz-copy-source").is_some();
    let subresource = query.subresource();
    let of_method = |method: &str| match (&target.bucket, &target.object_key) {
        (None, _) => service(method, subresource),
        (Some(_), None) => bucket(method, subresource, query),
        (Some(_), Some(_)) => object(method, subresource, query, has_copy_source),
    };
    of_method(request.method).ok_or_else(|| {
        let mut allowed = METHODS.to_vec();
        allowed.retain(|method| of_method(method).is_some());
        refusal(request.method, target, subresource, &allowed)
    })
}

/// The methods that operations have.
const METHODS: [&str; 5] = ["DELETE", "GET", "HEAD", "POST", "PUT"];

fn service(method: &str, subresource: Option<&str>) -> Option<Operation> {
    match (method, subresource) {
        ("GET", None) => Some(Operation::ListBuckets),
        _ => None,
    }
}

fn bucket(method: &str, subresource: Option<&str>, query: &Query) -> Option<Operation> {
    match (method, subresource) {
        ("PUT", None) => Some(Operation::CreateBucket),
        ("DELETE", None) => Some(Operation::DeleteBucket),
        ("HEAD", None) => Some(Operation::HeadBucket),
        ("GET", None) if query.get("list-type").ok()? == Some("2") => {
            Some(Operation::ListObjectsV2)
        }
        ("GET", None) => Some(Operation::ListObjects),
        ("GET", Some("acl")) => Some(Operation::GetBucketAcl),
        ("PUT", Some("acl")) => Some(Operation::PutBucketAcl),
        ("DELETE", Some("cors")) => Some(Operation::DeleteBucketCors),
        ("GET", Some("cors")) => Some(Operation::GetBucketCors),
        ("PUT", Some("cors")) => Some(Operation::PutBucketCors),
        ("DELETE", Some("encryption")) => Some(Operation::DeleteBucketEncryption),
        ("GET", Some("encryption")) => Some(Operation::GetBucketEncryption),
        ("PUT", Some("encryption")) => Some(Operation::PutBucketEncryption),
        ("DELETE", Some("lifecycle")) => Some(Operation::DeleteBucketLifecycle),
        ("GET", Some("lifecycle")) => Some(Operation::GetBucketLifecycleConfiguration),
        ("PUT", Some("lifecycle")) => Some(Operation::PutBucketLifecycleConfiguration),
        ("GET", Some("location")) => Some(Operation::GetBucketLocation),
        ("GET", Some("object-lock")) => Some(Operation::GetObjectLockConfiguration),
        ("PUT", Some("object-lock")) => Some(Operation::PutObjectLockConfiguration),
        ("DELETE", Some("ownershipControls")) => Some(Operation::DeleteBucketOwnershipControls),
        ("GET", Some("ownershipControls")) => Some(Operation::GetBucketOwnershipControls),
        ("PUT", Some("ownershipControls")) => Some(Operation::PutBucketOwnershipControls),
        ("DELETE", Some("policy")) => Some(Operation::DeleteBucketPolicy),
        ("GET", Some("policy")) => Some(Operation::GetBucketPolicy),
        ("PUT", Some("policy")) => Some(Operation::PutBucketPolicy),
        ("GET", Some("policyStatus")) => Some(Operation::GetBucketPolicyStatus),
        ("DELETE", Some("publicAccessBlock")) => Some(Operation::DeletePublicAccessBlock),
        ("GET", Some("publicAccessBlock")) => Some(Operation::GetPublicAccessBlock),
        ("PUT", Some("publicAccessBlock")) => Some(Operation::PutPublicAccessBlock),
        ("DELETE", Some("tagging")) => Some(Operation::DeleteBucketTagging),
        ("GET", Some("tagging")) => Some(Operation::GetBucketTagging),
        ("PUT", Some("tagging")) => Some(Operation::PutBucketTagging),
        ("GET", Some("versioning")) => Some(Operation::GetBucketVersioning),
        ("PUT", Some("versioning")) => Some(Operation::PutBucketVersioning),
        ("GET", Some("versions")) => Some(Operation::ListObjectVersions),
        ("GET", Some("uploads")) => Some(Operation::ListMultipartUploads),
        ("POST", None) => Some(Operation::PostObject),
        ("POST", Some("delete")) => Some(Operation::DeleteObjects),
        _ => None,
    }
}

fn object(
    method: &str,
    subresource: Option<&str>,
    query: &Query,
    has_copy_source: bool,
) -> Option<Operation> {
    match (method, subresource) {
        ("GET", None) => Some(Operation::GetObject),
        ("GET", Some("acl")) => Some(Operation::GetObjectAcl),
        ("PUT", Some("acl")) => Some(Operation::PutObjectAcl),
        ("GET", Some("attributes")) => Some(Operation::GetObjectAttributes),
        ("GET", Some("legal-hold")) => Some(Operation::GetObjectLegalHold),
        ("PUT", Some("legal-hold")) => Some(Operation::PutObjectLegalHold),
        ("GET", Some("retention")) => Some(Operation::GetObjectRetention),
        ("PUT", Some("retention")) => Some(Operation::PutObjectRetention),
        ("DELETE", Some("tagging")) => Some(Operation::DeleteObjectTagging),
        ("GET", Some("tagging")) => Some(Operation::GetObjectTagging),
        ("PUT", Some("tagging")) => Some(Operation::PutObjectTagging),
        ("HEAD", None) => Some(Operation::HeadObject),
        ("DELETE", None) => Some(Operation::DeleteObject),
        ("PUT", None) if query.has("partNumber") => None,
        ("PUT", None) if has_copy_source => Some(Operation::CopyObject),
        ("PUT", None) => Some(Operation::PutObject),
        ("POST", Some("uploads")) => Some(Operation::CreateMultipartUpload),
        ("PUT", Some("uploadId")) if has_copy_source => Some(Operation::UploadPartCopy),
        ("PUT", Some("uploadId")) => Some(Operation::UploadPart),
        ("POST", Some("uploadId")) => Some(Operation::CompleteMultipartUpload),
        ("DELETE", Some("uploadId")) => Some(Operation::AbortMultipartUpload),
        ("GET", Some("uploadId")) => Some(Operation::ListParts),
        _ => None,
    }
}

/// Refuses a preflight that does not say what it asks for (s3-behaviour.md 10).
///
/// # Errors
/// `BadRequest`.
pub fn refuse_vague_preflight(request: &RequestView<'_>) -> Result<(), S3Error> {
    let text = if request.method != "OPTIONS" {
        return Ok(());
    } else if request.header("origin").is_none() {
        "Insufficient information. Origin request header needed."
    } else if request.header("access-control-request-method").is_none() {
        "Insufficient information. Access-Control-Request-Method request header needed."
    } else {
        return Ok(());
    };
    Err(S3Error::new(S3ErrorCode::BadRequest).message(text.to_owned()))
}

/// A sub-resource that no operation takes by any method is not implemented; one that some method
/// takes is asked for by the wrong one.
fn refusal(
    method: &str,
    target: &Target,
    subresource: Option<&'static str>,
    allowed: &[&str],
) -> S3Error {
    // No object has a torrent, and that is how clients are used to be told (s3-behaviour.md 20).
    if subresource == Some("torrent") && method == "GET" && target.object_key.is_some() {
        return S3Error::new(S3ErrorCode::NoSuchKey);
    }
    if let Some(name) = subresource.filter(|_| allowed.is_empty()) {
        let text = format!("This server does not implement the operation that '{name}' asks for.");
        return S3Error::new(S3ErrorCode::NotImplemented)
            .message(text)
            .with("Header", name.to_owned());
    }
    S3Error::new(S3ErrorCode::MethodNotAllowed).header("Allow", allowed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::parse_query;

    fn route(
        method: &str,
        host: &str,
        path: &str,
        query: &str,
    ) -> Result<(Operation, Target), S3ErrorCode> {
        let headers = vec![("host", host.as_bytes())];
        let request = RequestView {
            method,
            path,
            query,
            headers,
            secure: false,
        };
        let domains = ["s3.example.rs".to_owned()];
        let target = target(&request, &domains).map_err(|e| e.code())?;
        let query = Query::new(parse_query(query).unwrap());
        let operation = operation(&request, &target, &query).map_err(|e| e.code())?;
        Ok((operation, target))
    }

    #[test]
    fn bucket_comes_from_configured_domain_or_path_only() {
        let bucket =
            |host, path| route("HEAD", host, path, "").map(|(_, target)| target.bucket.unwrap());
        assert_eq!(bucket("b1.s3.example.rs:9000", "/").as_deref(), Ok("b1"));
        assert_eq!(bucket("a.b.s3.example.rs", "/k").as_deref(), Ok("a.b"));
        assert_eq!(bucket("s3.example.rs", "/b2/k").as_deref(), Ok("b2"));
        assert_eq!(bucket("b1.evil.example", "/b2/k").as_deref(), Ok("b2"));
        assert_eq!(bucket("[::1]:9000", "/b2/k").as_deref(), Ok("b2"));
    }

    #[test]
    fn object_key_is_the_rest_of_the_path_decoded_once() {
        let key = |path| {
            route("GET", "h", path, "")
                .map(|(_, target)| target.object_key.unwrap().as_str().to_owned())
        };
        for (path, expected) in [
            ("/b/../../x", "../../x"),
            ("/b/%2e%2e/x", "../x"),
            ("/b//", "/"),
            ("/b/a%2525.txt", "a%25.txt"),
            ("/b/a+b%20c", "a+b c"),
            ("/b/a//b", "a//b"),
        ] {
            assert_eq!(key(path).as_deref(), Ok(expected), "{path}");
        }
        assert_eq!(key("/b/%zz"), Err(S3ErrorCode::InvalidURI));
        assert_eq!(key("/b/%ff"), Err(S3ErrorCode::InvalidURI));
        assert_eq!(key("/b/a%00b"), Err(S3ErrorCode::InvalidURI));
    }

    #[test]
    fn wrong_method_is_told_which_ones_there_are() {
        for (method, path, query, allow) in [
            ("PUT", "/", "", "GET"),
            ("DELETE", "/", "", "GET"),
            ("PATCH", "/b", "", "DELETE, GET, HEAD, POST, PUT"),
            ("PATCH", "/b/k", "", "DELETE, GET, HEAD, PUT"),
            ("PUT", "/b/k", "partNumber=1", "DELETE, GET, HEAD"),
            ("POST", "/b", "versioning", "GET, PUT"),
            ("DELETE", "/b", "object-lock", "GET, PUT"),
            ("PUT", "/b", "location", "GET"),
            ("GET", "/b", "delete", "POST"),
            ("HEAD", "/b/k", "tagging", "DELETE, GET, PUT"),
            ("HEAD", "/b/k", "uploadId=x", "DELETE, GET, POST, PUT"),
            ("GET", "/b/k", "uploads", "POST"),
        ] {
            let request = RequestView {
                method,
                path,
                query,
                headers: vec![("host", b"h".as_slice())],
                secure: false,
            };
            let target = target(&request, &[]).unwrap();
            let query = Query::new(parse_query(query).unwrap());
            let error = operation(&request, &target, &query).unwrap_err();
            assert_eq!(
                error.code(),
                S3ErrorCode::MethodNotAllowed,
                "{method} {path}"
            );
            let expected = ("Allow", allow.to_owned());
            assert_eq!(error.headers(), [expected], "{method} {path}");
        }
    }

    #[test]
    fn subresource_without_operation_is_not_implemented() {
        for name in SUBRESOURCES {
            for method in ["GET", "PUT", "DELETE", "POST"] {
                for path in ["/", "/b", "/b/k"] {
                    let routed = route(method, "h", path, name).map(|(operation, _)| operation);
                    let is_known = matches!(
                        *name,
                        "acl"
                            | "attributes"
                            | "cors"
                            | "ownershipControls"
                            | "delete"
                            | "encryption"
                            | "legal-hold"
                            | "lifecycle"
                            | "policy"
                            | "policyStatus"
                            | "publicAccessBlock"
                            | "location"
                            | "object-lock"
                            | "retention"
                            | "tagging"
                            | "torrent"
                            | "uploadId"
                            | "uploads"
                            | "versioning"
                            | "versions"
                    );
                    assert!(
                        is_known || routed == Err(S3ErrorCode::NotImplemented),
                        "{method} {path}?{name}: {routed:?}"
                    );
                }
            }
        }
    }
}
