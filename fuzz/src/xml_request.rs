//! Request documents. Input: a body, given to every operation that takes one.

use super::cors;
use riznica::base::limits::{DELETE_OBJECTS_MAX, PART_NUMBER_MAX};
use riznica::model::acl::AskedAcl;
use riznica::s3::xml::reader::{Element, read_document};
use riznica::s3::xml::{XmlWriter, acl, public_access, requests};

pub fn run(data: &[u8]) {
    if let Ok(root) = read_document(data) {
        assert!(text_len(&root) <= data.len(), "nothing is expanded");
        let mut xml = XmlWriter::new();
        write(&mut xml, &root);
        let again = read_document(xml.finish().as_bytes()).expect("it was written by us");
        assert_eq!(again, root);
    }
    if let Ok(request) = requests::delete_objects(data) {
        assert!((1..=DELETE_OBJECTS_MAX).contains(&request.entries.len()));
    }
    if let Ok(parts) = requests::complete_multipart_upload(data) {
        assert!((1..=2 * usize::from(PART_NUMBER_MAX)).contains(&parts.len()));
    }
    if let Ok(Some(region)) = requests::create_bucket(data) {
        assert!(!region.is_empty() && region.len() <= data.len());
    }
    if let Ok(algorithm) = requests::bucket_encryption(data) {
        assert!(data.len() > algorithm.name().len());
    }
    if let Ok(setting) = acl::read_ownership(data) {
        let again = acl::ownership(setting).expect("it has a word");
        assert_eq!(acl::read_ownership(again.as_bytes()), Ok(setting));
    }
    if let Ok(AskedAcl::Document { owner, grants }) = acl::read(data) {
        let root = read_document(data).expect("as before");
        let lists = root.children.iter();
        let list = lists.clone().find(|own| own.name == "AccessControlList");
        assert_eq!(list.expect("it was read").children.len(), grants.len());
        assert!(text_len(&root) >= owner.len());
    }
    if let Ok(block) = public_access::read(data) {
        let again = public_access::document(block);
        assert_eq!(public_access::read(again.as_bytes()), Ok(block));
    }
    cors::document(data);
}

fn text_len(element: &Element) -> usize {
    let children = element.children.iter().map(text_len).sum::<usize>();
    element.name.len() + element.text.len() + children
}

fn write(xml: &mut XmlWriter, element: &Element) {
    if element.children.is_empty() {
        xml.text(&element.name, &element.text);
        return;
    }
    assert!(element.text.is_empty(), "text or children, not both");
    xml.open(&element.name);
    element.children.iter().for_each(|child| write(xml, child));
    xml.close(&element.name);
}
