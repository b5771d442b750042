//! Sealing: records leave for the disk encrypted, so that a copy of the store's file gives none of the secrets in it away. The key
//! is a file beside it that only its owner may read.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use super::{Key, StoreError, file_error};

/// Name of the key's file, and of the file that it is written to before it has that name.
const KEY: &str = "key";
const NEW_KEY: &str = "key.new";

/// Bytes of the key.
const LENGTH: usize = 32;

/// What seals records, and opens them again.
pub(super) struct Seal(RandomizedNonceKey);

impl Seal {
    /// The seal of the store in `directory`. `is_new` where there is no store yet: then it gets a key.
    ///
    /// # Errors
    /// When the key cannot be read or written, or a store that is there has none.
    pub(super) fn of(directory: &Path, is_new: bool) -> Result<Self, StoreError> {
        let path = directory.join(KEY);
        let key = match std::fs::read(&path) {
            Ok(key) => key,
            Err(cause) if cause.kind() == ErrorKind::NotFound && is_new => make(directory)?,
            Err(cause) => {
                return Err(file_error("read the key of", format!("{}: {cause}", path.display())));
            }
        };
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key);
        let wrong = |_| file_error("use the key of", format!("{} is not a key", path.display()));
        Ok(Self(key.map_err(wrong)?))
    }

    /// A record as it goes to the disk: the nonce, and what is sealed. It opens only as the record that it is.
    pub(super) fn close(&self, table: &str, key: &Key, mut record: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(name(table, key)), &mut record)
            .map_err(|_| file_error("seal a record of", table))?;
        record.splice(0..0, nonce.as_ref().iter().copied());
        Ok(record)
    }

    /// What [`Seal::close`] sealed; none where another key did, or for another record, or it was changed.
    pub(super) fn open(&self, table: &str, key: &Key, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, record) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut record = record.to_vec();
        let length = self.0.open_in_place(nonce, Aad::from(name(table, key)), &mut record).ok()?.len();
        record.truncate(length);
        Some(record)
    }
}

/// What a record is called. No name of a table has a NUL in it.
fn name(table: &str, key: &Key) -> Vec<u8> {
    [table.as_bytes(), b"\0", key.as_bytes()].concat()
}

/// Makes a key and keeps it. It has its name only once it is whole, so that a power cut leaves one or none.
fn make(directory: &Path) -> Result<Vec<u8>, StoreError> {
    let failed = |cause: std::io::Error| file_error("write the key of", cause);
    let mut key = vec![0; LENGTH];
    SystemRandom::new().fill(&mut key).map_err(|_| file_error("make the key of", "no randomness"))?;
    let path = directory.join(NEW_KEY);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(failed)?;
    file.write_all(&key).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&path, directory.join(KEY)).map_err(failed)?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::{Key, Seal};

    #[test]
    fn a_record_opens_only_as_itself_with_its_key() {
        let directory = tempfile::tempdir().unwrap();
        let seal = Seal::of(directory.path(), true).unwrap();
        let key = Key::new().text("a");
        let sealed = seal.close("test", &key, b"secret".to_vec()).unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));

        let again = Seal::of(directory.path(), false).unwrap();
        assert_eq!(again.open("test", &key, &sealed).unwrap(), b"secret");
        assert!(again.open("test", &Key::new().text("b"), &sealed).is_none());
        assert!(again.open("tests", &key, &sealed).is_none());
        assert!(again.open("test", &key, &sealed[..5]).is_none());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(again.open("test", &key, &changed).is_none());

        let other = tempfile::tempdir().unwrap();
        assert!(Seal::of(other.path(), true).unwrap().open("test", &key, &sealed).is_none());
    }

    #[test]
    fn a_store_without_its_key_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let refused = Seal::of(directory.path(), false).err().unwrap();
        assert!(refused.to_string().starts_with("cannot read the key of the store: "), "{refused}");
        std::fs::write(directory.path().join("key"), "short").unwrap();
        assert!(Seal::of(directory.path(), false).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_read_the_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        Seal::of(directory.path(), true).unwrap();
        let mode = std::fs::metadata(directory.path().join("key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
