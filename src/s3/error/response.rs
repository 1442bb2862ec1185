//! The XML body of an error.

use crate::s3::error::S3Error;
use crate::s3::xml::XmlWriter;

/// Code, message, the code's own elements, resource, request id, host id.
pub fn error_body(error: &S3Error, resource: &str, request_id: &str, host_id: &str) -> String {
    let mut xml = XmlWriter::new();
    xml.open("Error");
    xml.text("Code", error.code().as_str());
    xml.text("Message", error.text());
    for (element, text) in error.extra() {
        xml.text(element, text);
    }
    xml.text("Resource", resource);
    xml.text("RequestId", request_id);
    xml.text("HostId", host_id);
    xml.close("Error");
    xml.finish()
}
