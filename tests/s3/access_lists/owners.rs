//! Who owns what is told in listings (63).

use super::{Scene, canned, controls, id};
use crate::versioning::{put, set};

#[test]
fn point_63_listings_tell_the_owner_of_each_object() {
    let scene = Scene::start();
    let (city, other) = (&scene.city, &scene.other);
    canned(city, "/lists?acl", "public-read-write");
    set(city, "/lists", "Enabled");
    put(other, "/lists/a", "theirs");
    put(other, "/lists/b", "theirs");
    put(city, "/lists/c", "own");
    let names = |target: &str| city.get(target).expect(200).texts("DisplayName");
    let newest = ["other", "other", "city"];
    assert_eq!(names("/lists"), newest);
    assert_eq!(names("/lists?list-type=2&fetch-owner=true"), newest);
    assert_eq!(names("/lists?list-type=2"), Vec::<String>::new());
    assert_eq!(names("/lists?versions"), ["other", "city", "other", "city"]);
    let ids = city.get("/lists").expect(200).texts("ID");
    assert_eq!(ids, [id(other), id(other), id(city)]);
    // Who may list is told the same.
    assert_eq!(other.get("/lists").expect(200).texts("DisplayName"), newest);
    city.delete("/lists/b").expect(204);
    let rows = names("/lists?versions&prefix=b");
    assert_eq!(rows.len(), 2);
    canned(city, "/lists?acl", "private");
    let enforced = controls("BucketOwnerEnforced");
    city.put("/lists?ownershipControls", enforced).expect(200);
    assert_eq!(names("/lists"), ["city", "city"]);
}
