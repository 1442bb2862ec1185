//! What root keys are accepted, and that each refusal has its own name.

use crate::keyring::{Place, pool};
use riznica::base::entropy::SystemEntropy;
use riznica::crypto::KeyProvider;
use riznica::kms::{
    KmsError, LocalKeyConfig, LocalKeyService, RootKeySource, SALT_FILE_NAME, create_root_key_file,
};
use riznica::model::id::TenantId;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn write(path: &Path, bytes: &[u8], mode: u32) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

async fn start(place: &Place, root_key: RootKeySource) -> Result<LocalKeyService, KmsError> {
    let config = LocalKeyConfig {
        root_key,
        data_folder: place.data(),
    };
    LocalKeyService::open(config, Arc::new(SystemEntropy::new()), pool()).await
}

async fn refusal(place: &Place, bytes: &[u8], mode: u32) -> KmsError {
    write(&place.root_key(), bytes, mode);
    start(place, RootKeySource::File(place.root_key()))
        .await
        .unwrap_err()
}

fn passphrase(place: &Place, text: &[u8]) -> RootKeySource {
    let path = place.root_key().with_file_name("passphrase");
    write(&path, text, 0o600);
    RootKeySource::PassphraseFile(path)
}

/// Salt file of the least cost, so that unoptimized tests end soon.
fn cheap_salt() -> Vec<u8> {
    let cost = [19_456_u32, 1, 1].map(u32::to_le_bytes).concat();
    [b"RZ1S\x01\0\0\0".as_slice(), &cost, &[0x5a; 32]].concat()
}

#[tokio::test]
async fn root_key_file_is_accepted_as_bytes_and_as_digits() {
    let place = Place::new();
    let digits = "ab".repeat(32);
    let contents = [
        vec![0xab; 32],
        digits.clone().into_bytes(),
        format!("{digits}\n").into_bytes(),
    ];
    for (index, bytes) in contents.iter().enumerate() {
        for mode in [0o600, 0o400] {
            std::fs::remove_file(place.root_key()).unwrap();
            write(&place.root_key(), bytes, mode);
            // All are the same key, so the keyring of the first one opens under the others.
            let started = start(&place, RootKeySource::File(place.root_key())).await;
            assert!(started.is_ok(), "form {index} mode {mode:o}");
        }
    }
}

#[tokio::test]
async fn root_key_file_of_wrong_contents_is_refused() {
    let place = Place::new();
    let mut wrong = vec![
        vec![],
        vec![1; 31],
        vec![1; 33],
        vec![b'z'; 64],
        vec![b'a'; 63],
        vec![1; 5000],
    ];
    wrong.extend([
        format!("{}\n\n", "ab".repeat(32)).into_bytes(),
        format!("{} ", "ab".repeat(32)).into_bytes(),
    ]);
    for bytes in wrong {
        let refused = refusal(&place, &bytes, 0o600).await;
        assert!(
            matches!(refused, KmsError::RootKeyWrongLength { .. }),
            "{refused}"
        );
    }
    for zero in [vec![0; 32], vec![b'0'; 64]] {
        let refused = refusal(&place, &zero, 0o600).await;
        assert!(
            matches!(refused, KmsError::RootKeyAllZero { .. }),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn root_key_file_that_others_may_use_is_refused() {
    let place = Place::new();
    for mode in [0o640, 0o604, 0o660, 0o644, 0o601, 0o610, 0o700, 0o440] {
        let refused = refusal(&place, &[1; 32], mode).await;
        assert!(
            matches!(refused, KmsError::RootKeyModeTooOpen { .. }),
            "{mode:o}: {refused}"
        );
        assert!(refused.to_string().contains("run chmod 0600"));
    }
}

#[tokio::test]
async fn root_key_file_of_another_owner_is_refused() {
    let place = Place::new();
    write(&place.root_key(), &[1; 32], 0o600);
    // Only root can give files away; elsewhere the case cannot be set up.
    if chown(place.root_key(), Some(12_345), None).is_ok() {
        let refused = start(&place, RootKeySource::File(place.root_key()))
            .await
            .unwrap_err();
        assert!(
            matches!(refused, KmsError::RootKeyWrongOwner { owner: 12_345, .. }),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn systemd_credential_may_be_readable_through_its_group_bits() {
    let place = Place::new();
    write(&place.root_key(), &[1; 32], 0o440);
    assert!(
        start(&place, RootKeySource::SystemdCredential(place.root_key()))
            .await
            .is_ok()
    );
    for mode in [0o444, 0o460, 0o404] {
        write(&place.root_key(), &[1; 32], mode);
        let refused = start(&place, RootKeySource::SystemdCredential(place.root_key())).await;
        assert!(
            matches!(refused, Err(KmsError::RootKeyModeTooOpen { .. })),
            "{mode:o}"
        );
    }
}

#[tokio::test]
async fn root_key_inside_the_data_folder_is_refused_even_behind_a_link() {
    let place = Place::new();
    let inside = place.data().join("root.key");
    write(&inside, &[1; 32], 0o600);
    let link = place.root_key().with_file_name("link");
    symlink(&inside, &link).unwrap();
    for path in [inside, link] {
        let refused = start(&place, RootKeySource::File(path)).await.unwrap_err();
        assert!(
            matches!(refused, KmsError::RootKeyInsideDataFolder { .. }),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn root_key_that_is_no_file_is_refused() {
    let place = Place::new();
    let folder = place.root_key().parent().map(Path::to_path_buf).unwrap();
    let refused = start(&place, RootKeySource::File(folder))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, KmsError::RootKeyNotAFile { .. }),
        "{refused}"
    );
    let refused = start(&place, RootKeySource::File(PathBuf::from("/dev/zero")))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, KmsError::RootKeyNotAFile { .. }),
        "{refused}"
    );
    let missing = place.root_key().with_file_name("missing");
    let refused = start(&place, RootKeySource::File(missing))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, KmsError::RootKeyUnreadable { .. }),
        "{refused}"
    );
}

#[test]
fn created_root_key_file_is_private_and_never_overwritten() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("new").join("folder").join("root.key");
    create_root_key_file(&path, &SystemEntropy::new()).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let contents = std::fs::read(&path).unwrap();
    assert_eq!(contents.len(), 65);
    let refused = create_root_key_file(&path, &SystemEntropy::new()).unwrap_err();
    assert!(
        matches!(refused, KmsError::RootKeyExists { .. }),
        "{refused}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), contents);
}

#[test]
fn root_key_is_not_created_where_others_may_write() {
    let place = tempfile::tempdir().unwrap();
    for mode in [0o770, 0o702, 0o1777] {
        std::fs::set_permissions(place.path(), PermissionsExt::from_mode(mode)).unwrap();
        let path = place.path().join("root.key");
        let refused = create_root_key_file(&path, &SystemEntropy::new()).unwrap_err();
        assert!(
            matches!(refused, KmsError::RootKeyFolderTooOpen { .. }),
            "{refused}"
        );
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn passphrase_leads_to_the_same_root_key_again() {
    let place = Place::new();
    std::fs::write(place.data().join(SALT_FILE_NAME), cheap_salt()).unwrap();
    let service = start(&place, passphrase(&place, b"correct horse\n"))
        .await
        .unwrap();
    service
        .create_tenant_key(TenantId::from_bytes([1; 16]))
        .await
        .unwrap();
    for same in [b"correct horse".as_slice(), b"correct horse\r\n"] {
        start(&place, passphrase(&place, same)).await.unwrap();
    }
    let refused = start(&place, passphrase(&place, b"Correct horse"))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, KmsError::KeyringNotOpened { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn passphrase_without_its_salt_is_refused() {
    let place = Place::new();
    let salt = place.data().join(SALT_FILE_NAME);
    let source = passphrase(&place, b"correct horse");
    std::fs::write(&salt, cheap_salt()).unwrap();
    start(&place, source.clone()).await.unwrap();
    std::fs::remove_file(&salt).unwrap();
    let refused = start(&place, source.clone()).await.unwrap_err();
    assert!(matches!(refused, KmsError::SaltMissing { .. }), "{refused}");
    // Cut short, of another format, and with costs out of bounds.
    let good = cheap_salt();
    let mut damaged = vec![good[..51].to_vec(), [good.as_slice(), &[0]].concat()];
    for (index, value) in [
        (0, b'X'),
        (4, 2),
        (5, 1),
        (9, 0),
        (11, 0xff),
        (12, 65),
        (16, 0),
    ] {
        let mut bytes = good.clone();
        bytes[index] = value;
        damaged.push(bytes);
    }
    for bytes in damaged {
        std::fs::write(&salt, bytes).unwrap();
        let refused = start(&place, source.clone()).await.unwrap_err();
        assert!(matches!(refused, KmsError::SaltInvalid { .. }), "{refused}");
    }
}

#[tokio::test]
async fn first_start_with_a_passphrase_makes_the_salt() {
    let place = Place::new();
    let refused = start(&place, passphrase(&place, b"too short\n"))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, KmsError::PassphraseTooShort { len_min: 12, .. }),
        "{refused}"
    );
    assert!(!place.data().join(SALT_FILE_NAME).exists());
    start(&place, passphrase(&place, b"long enough passphrase"))
        .await
        .unwrap();
    let salt = std::fs::read(place.data().join(SALT_FILE_NAME)).unwrap();
    assert_eq!((salt.len(), &salt[..4]), (52, b"RZ1S".as_slice()));
    assert_ne!(salt[20..], [0; 32]);
}
