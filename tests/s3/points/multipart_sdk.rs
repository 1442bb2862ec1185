//! Uploads in parts by the official SDK: points 100 to 102 with its own checksums, which it sends
//! as trailers.

use super::uploads::{PART_LEN, bytes};
use crate::server::TestServer;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::upload_part::UploadPartOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};

/// Checksums as an answer has them, in the order of [`ALGORITHMS`].
type Checksums = [Option<String>; 5];

const ALGORITHMS: [ChecksumAlgorithm; 5] = [
    ChecksumAlgorithm::Crc32,
    ChecksumAlgorithm::Crc32C,
    ChecksumAlgorithm::Crc64Nvme,
    ChecksumAlgorithm::Sha1,
    ChecksumAlgorithm::Sha256,
];

macro_rules! checksums {
    ($answer:expr) => {
        [
            $answer.checksum_crc32.clone(),
            $answer.checksum_crc32_c.clone(),
            $answer.checksum_crc64_nvme.clone(),
            $answer.checksum_sha1.clone(),
            $answer.checksum_sha256.clone(),
        ]
    };
}

fn listed(number: i32, sent: &UploadPartOutput) -> CompletedPart {
    CompletedPart::builder()
        .part_number(number)
        .set_e_tag(sent.e_tag.clone())
        .set_checksum_crc32(sent.checksum_crc32.clone())
        .set_checksum_crc32_c(sent.checksum_crc32_c.clone())
        .set_checksum_crc64_nvme(sent.checksum_crc64_nvme.clone())
        .set_checksum_sha1(sent.checksum_sha1.clone())
        .set_checksum_sha256(sent.checksum_sha256.clone())
        .build()
}

async fn head(client: &Client) -> HeadObjectOutput {
    let head = client.head_object().bucket("sdk").key("k");
    let head = head.checksum_mode(ChecksumMode::Enabled).send().await;
    head.expect("the object")
}

/// Uploads two parts and completes; what Complete answers and what each part was answered.
async fn upload(
    client: &Client,
    algorithm: Option<&ChecksumAlgorithm>,
    kind: Option<&ChecksumType>,
) -> (CompleteMultipartUploadOutput, Vec<Checksums>) {
    let create = client.create_multipart_upload().bucket("sdk").key("k");
    let create = create
        .set_checksum_algorithm(algorithm.cloned())
        .set_checksum_type(kind.cloned());
    let upload = create.send().await.expect("an upload").upload_id;
    let upload = upload.expect("its name");
    let mut parts = CompletedMultipartUpload::builder();
    let mut own = Vec::new();
    for (number, len) in [(1, PART_LEN + 1), (2, 77)] {
        let part = client.upload_part().bucket("sdk").key("k");
        let part = part.upload_id(&upload).part_number(number);
        let part = part.set_checksum_algorithm(algorithm.cloned());
        let sent = part.body(ByteStream::from(bytes(1, len))).send().await;
        let sent = sent.expect("a part");
        own.push(checksums!(sent));
        parts = parts.parts(listed(number, &sent));
    }
    let complete = client.complete_multipart_upload().bucket("sdk").key("k");
    let complete = complete.upload_id(&upload).multipart_upload(parts.build());
    let complete = complete.set_checksum_type(kind.cloned());
    (complete.send().await.expect("an object"), own)
}

#[tokio::test]
async fn point_100_sdk_uploads_with_every_algorithm_and_type() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let create = client.create_bucket().bucket("sdk");
    create.send().await.expect("a bucket");
    let whole = [bytes(1, PART_LEN + 1), bytes(1, 77)].concat();
    let both = [ChecksumType::Composite, ChecksumType::FullObject];
    let mut told = 0;
    for (index, algorithm) in ALGORITHMS.iter().enumerate() {
        for kind in &both {
            let exists = match index {
                0 | 1 => true,
                2 => *kind == ChecksumType::FullObject,
                _ => *kind == ChecksumType::Composite,
            };
            if !exists {
                continue;
            }
            let (complete, own) = upload(&client, Some(algorithm), Some(kind)).await;
            let object = checksums!(complete);
            let text = object[index].as_deref().expect("a checksum");
            assert_eq!(text.ends_with("-2"), *kind == ChecksumType::Composite);
            assert_eq!(complete.checksum_type.as_ref(), Some(kind));
            let head = head(&client).await;
            assert_eq!(checksums!(head), object);
            assert_eq!(head.checksum_type.as_ref(), Some(kind));
            for part in &own {
                assert!(part[index].is_some(), "{algorithm:?} {part:?}");
                assert_eq!(part.iter().flatten().count(), 1);
            }
            // The SDK compares a whole object's checksum with the bytes, and each part's.
            let get = client.get_object().bucket("sdk").key("k");
            let get = get.checksum_mode(ChecksumMode::Enabled);
            let body = get.clone().send().await.expect("the object").body;
            let body = body.collect().await.expect("its bytes").to_vec();
            assert!(body == whole, "{algorithm:?}");
            let part = get.part_number(2).send().await.expect("a part");
            assert_eq!(checksums!(part), own[1], "{algorithm:?}");
            assert_eq!(part.parts_count, Some(2));
            let body = part.body.collect().await.expect("its bytes").to_vec();
            assert!(body == bytes(1, 77));
            told += 1;
        }
    }
    assert_eq!(told, 7);
}

/// The SDK's own default: nothing at the creation, CRC-32 trailers with the parts.
#[tokio::test]
async fn point_102_sdk_uploads_with_its_default_settings() {
    let server = TestServer::start();
    let client = server.tenant("city");
    let create = client.create_bucket().bucket("sdk");
    create.send().await.expect("a bucket");
    let (complete, own) = upload(&client, None, None).await;
    assert!(own.iter().all(|part| part[0].is_some()), "{own:?}");
    assert!(complete.e_tag.expect("an ETag").ends_with("-2\""));
    let get = client.get_object().bucket("sdk").key("k").send().await;
    let body = get.expect("the object").body.collect().await;
    let whole = [bytes(1, PART_LEN + 1), bytes(1, 77)].concat();
    assert!(body.expect("its bytes").to_vec() == whole);
}
