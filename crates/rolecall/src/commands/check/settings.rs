//! What `rolecall.yaml` says about rules and accounts, for each file that is checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rolecall_core::check::Settings;
use rolecall_core::config;
use rolecall_core::render::CheckedFile;

use crate::configuration;
use crate::failure::Failure;
use crate::files;

/// Every `rolecall.yaml` that was read, and what is wrong with it.
pub(super) struct AllSettings {
    named: Option<PathBuf>,
    read: BTreeMap<PathBuf, (Settings, CheckedFile)>,
}

impl AllSettings {
    /// `named` counts for every file, if it is given.
    pub(super) fn new(named: Option<&Path>) -> Self {
        Self { named: named.map(Path::to_owned), read: BTreeMap::new() }
    }

    /// The settings for `file`. One that cannot be understood is reported, and says nothing.
    pub(super) fn of(&mut self, file: &Path) -> Result<Settings, Failure> {
        let path = match &self.named {
            Some(named) => named.clone(),
            None => match configuration::nearest(file, None)?.1 {
                Some(folder) => folder.join(configuration::NAME),
                None => return Ok(Settings::default()),
            },
        };
        if let Some((settings, _)) = self.read.get(&path) {
            return Ok(settings.clone());
        }
        let text = files::read(&path)?;
        Ok(self.read(&path, &files::shown(&files::from_here(&path)), &text))
    }

    /// Reads `text`, which is the content of `path`.
    pub(super) fn read(&mut self, path: &Path, name: &str, text: &str) -> Settings {
        let (config, findings) = config::parse(name, text);
        let settings = config.unwrap_or_default().checks;
        let checked = CheckedFile::new(name, text, 0, findings);
        self.read.insert(path.to_owned(), (settings.clone(), checked));
        settings
    }

    /// What is wrong with them, one after the other.
    pub(super) fn findings(self) -> Vec<CheckedFile> {
        self.read.into_values().map(|(_, file)| file).filter(|file| !file.findings().is_empty()).collect()
    }
}
