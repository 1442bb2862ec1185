//! The table of S3 error codes: code, HTTP status, text (S3 API reference, "Error responses").

macro_rules! codes {
    ($($name:ident $code:literal $status:literal $message:literal;)*) => {
        /// An S3 error code.
        #[expect(clippy::doc_markdown, reason = "the texts are those of AWS")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum S3ErrorCode {
            $(#[doc = $message] $name,)*
        }

        impl S3ErrorCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code in the XML body.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The default text.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

codes! {
    AccessControlListNotSupported "AccessControlListNotSupported" 400
        "The bucket does not allow ACLs";
    AccessForbidden "AccessForbidden" 403 "CORSResponse: This CORS request is not allowed.";
    AccessDenied "AccessDenied" 403 "Access Denied";
    AllAccessDisabled "AllAccessDisabled" 403
        "The account is suspended, and with it all access to what it has. Nothing is lost: please ask the operator of this store.";
    AuthorizationHeaderMalformed "AuthorizationHeaderMalformed" 400 "The authorization header you provided is not valid.";
    AuthorizationQueryParametersError "AuthorizationQueryParametersError" 400 "The authorization query parameters that you provided are not valid.";
    BadDigest "BadDigest" 400 "The Content-MD5 or checksum value that you specified did not match what the server received.";
    BadRequest "BadRequest" 400 "Bad Request";
    BucketAlreadyExists "BucketAlreadyExists" 409 "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.";
    BucketAlreadyOwnedByYou "BucketAlreadyOwnedByYou" 409 "Your previous request to create the named bucket succeeded and you already own it.";
    BucketNotEmpty "BucketNotEmpty" 409 "The bucket you tried to delete is not empty.";
    EntityTooLarge "EntityTooLarge" 400 "Your proposed upload exceeds the maximum allowed object size.";
    EntityTooSmall "EntityTooSmall" 400 "Your proposed upload is smaller than the minimum allowed object size.";
    ExpiredToken "ExpiredToken" 400 "The provided token has expired.";
    IllegalLocationConstraintException "IllegalLocationConstraintException" 400 "The location constraint is incompatible for the region specific endpoint this request was sent to.";
    IncompleteBody "IncompleteBody" 400 "You did not provide the number of bytes specified by the Content-Length HTTP header.";
    IncorrectNumberOfFilesInPostRequest "IncorrectNumberOfFilesInPostRequest" 400 "POST requires exactly one file upload per request.";
    InsufficientStorage "InsufficientStorage" 507 "The server has no room for more data. Reading still works; please tell the operator.";
    InternalError "InternalError" 500 "We encountered an internal error. Please try again.";
    InvalidAccessKeyId "InvalidAccessKeyId" 403 "The AWS access key ID that you provided does not exist in our records.";
    InvalidArgument "InvalidArgument" 400 "Invalid Argument";
    InvalidBucketAclWithBlockPublicAccessError "InvalidBucketAclWithBlockPublicAccessError" 400 "Bucket cannot have public ACLs set with BlockPublicAccess enabled";
    InvalidBucketAclWithObjectOwnership "InvalidBucketAclWithObjectOwnership" 400 "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
    InvalidBucketName "InvalidBucketName" 400 "The specified bucket is not valid.";
    InvalidBucketState "InvalidBucketState" 409 "The request is not valid for the current state of the bucket.";
    InvalidChunkSizeError "InvalidChunkSizeError" 400 "The chunk size is not valid.";
    InvalidDigest "InvalidDigest" 400 "The Content-MD5 that you specified is not valid.";
    InvalidLocationConstraint "InvalidLocationConstraint" 400 "The specified location (Region) constraint is not valid.";
    InvalidPart "InvalidPart" 400 "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.";
    InvalidPartOrder "InvalidPartOrder" 400 "The list of parts was not in ascending order. The parts list must be specified in order by part number.";
    InvalidPolicyDocument "InvalidPolicyDocument" 400 "The content of the form does not meet the conditions specified in the policy document.";
    InvalidRange "InvalidRange" 416 "The requested range is not satisfiable";
    InvalidRedirectLocation "InvalidRedirectLocation" 400 "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.";
    InvalidRequest "InvalidRequest" 400 "Invalid Request";
    InvalidStorageClass "InvalidStorageClass" 400 "The storage class that you specified is not valid. This server has STANDARD.";
    InvalidTag "InvalidTag" 400 "The tag that you provided is not valid.";
    InvalidToken "InvalidToken" 400 "The provided token is malformed or otherwise not valid.";
    InvalidURI "InvalidURI" 400 "The specified URI couldn't be parsed.";
    KeyTooLongError "KeyTooLongError" 400 "Your key is too long.";
    MalformedACLError "MalformedACLError" 400 "The ACL that you provided was not well formed or did not validate against our published schema.";
    MalformedPOSTRequest "MalformedPOSTRequest" 400 "The body of your POST request is not well-formed multipart/form-data.";
    MalformedPolicy "MalformedPolicy" 400 "The policy is not in the valid JSON format of the policy language.";
    MalformedTrailerError "MalformedTrailerError" 400 "The request contained trailing data that was not well-formed or did not conform to our published schema.";
    MalformedXML "MalformedXML" 400 "The XML you provided was not well-formed or did not validate against our published schema";
    MaxMessageLengthExceeded "MaxMessageLengthExceeded" 400 "Your request was too large.";
    MaxPostPreDataLengthExceeded "MaxPostPreDataLengthExceeded" 400 "Your POST request fields preceding the upload file were too large.";
    MetadataTooLarge "MetadataTooLarge" 400 "Your metadata headers exceed the maximum allowed metadata size.";
    MethodNotAllowed "MethodNotAllowed" 405 "The specified method is not allowed against this resource.";
    MissingContentLength "MissingContentLength" 411 "You must provide the Content-Length HTTP header.";
    MissingSecurityHeader "MissingSecurityHeader" 400 "Your request is missing a required header.";
    NoSuchBucket "NoSuchBucket" 404 "The specified bucket does not exist";
    NoSuchBucketPolicy "NoSuchBucketPolicy" 404 "The bucket policy does not exist";
    NoSuchCORSConfiguration "NoSuchCORSConfiguration" 404 "The CORS configuration does not exist";
    NoSuchKey "NoSuchKey" 404 "The specified key does not exist.";
    NoSuchLifecycleConfiguration "NoSuchLifecycleConfiguration" 404 "The lifecycle configuration does not exist";
    NoSuchObjectLockConfiguration "NoSuchObjectLockConfiguration" 404 "The specified object does not have a ObjectLock configuration";
    NoSuchPublicAccessBlockConfiguration "NoSuchPublicAccessBlockConfiguration" 404 "The public access block configuration was not found";
    NoSuchTagSet "NoSuchTagSet" 404 "The TagSet does not exist";
    NoSuchUpload "NoSuchUpload" 404 "The specified multipart upload does not exist. The upload ID might be invalid, or the multipart upload might have been aborted or completed.";
    NoSuchVersion "NoSuchVersion" 404 "The specified version does not exist.";
    NotImplemented "NotImplemented" 501 "A header or query parameter that you provided requested functionality that is not implemented.";
    NotModified "NotModified" 304 "Not Modified";
    ObjectLockConfigurationNotFoundError "ObjectLockConfigurationNotFoundError" 404 "Object Lock configuration does not exist for this bucket";
    OwnershipControlsNotFoundError "OwnershipControlsNotFoundError" 404 "The bucket ownership controls were not found";
    PreconditionFailed "PreconditionFailed" 412 "At least one of the pre-conditions you specified did not hold";
    QuotaExceeded "QuotaExceeded" 403 "The quota would be exceeded.";
    RequestHeaderSectionTooLarge "RequestHeaderSectionTooLarge" 400 "Your request headers exceed the maximum allowed size.";
    RequestTimeTooSkewed "RequestTimeTooSkewed" 403 "The difference between the request time and the server's time is too large.";
    RequestTimeout "RequestTimeout" 400 "Your socket connection to the server was not read from or written to within the timeout period.";
    ServerSideEncryptionConfigurationNotFoundError "ServerSideEncryptionConfigurationNotFoundError" 404 "The server side encryption configuration was not found";
    ServiceUnavailable "ServiceUnavailable" 503 "Service is unable to handle request. Please retry.";
    SignatureDoesNotMatch "SignatureDoesNotMatch" 403 "The request signature that the server calculated does not match the signature that you provided. Check your secret access key and signing method.";
    SlowDown "SlowDown" 503 "Please reduce your request rate.";
    TooManyBuckets "TooManyBuckets" 400 "You have attempted to create more buckets than are allowed for this account.";
    UnexpectedContent "UnexpectedContent" 400 "This request does not support content.";
    UnresolvableGrantByEmailAddress "UnresolvableGrantByEmailAddress" 400 "The email address that you provided does not match any account on record.";
    XAmzContentSHA256Mismatch "XAmzContentSHA256Mismatch" 400 "The provided 'x-amz-content-sha256' header does not match what was computed.";
}
