//! What `rolecall.yaml` says about rules and accounts, for each file that is checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rolecall_core::check::Settings;
use rolecall_core::config;
use rolecall_core::project::CONFIG_NAME;
use rolecall_core::render::CheckedFile;

use crate::configuration;
use crate::failure::Failure;
use crate::files;

/// Every `rolecall.yaml` that was read, and what is wrong with it.
pub(super) struct AllSettings {
    named: Option<PathBuf>,
    read: BTreeMap<PathBuf, Configuration>,
}

struct Configuration {
    settings: Settings,
    checked: CheckedFile,
    /// It is one of the files to check, whatever there is to say about it.
    is_asked: bool,
}

impl AllSettings {
    /// `named` counts for every file, if it is given.
    pub(super) fn new(named: Option<&Path>) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { named: named.map(absolute), read: BTreeMap::new() }
    }

    /// The settings for `file`. One that cannot be understood is reported, and says nothing.
    pub(super) fn of(&mut self, file: &Path) -> Result<Settings, Failure> {
        let path = match &self.named {
            Some(named) => named.clone(),
            None => match configuration::nearest(file, None)?.1 {
                Some(folder) => folder.join(CONFIG_NAME),
                None => return Ok(Settings::default()),
            },
        };
        if let Some(found) = self.read.get(&path) {
            return Ok(found.settings.clone());
        }
        let here = files::from_here(&path);
        let text = files::read(&here)?;
        Ok(self.add(path, &files::shown(&here), &text, false).settings.clone())
    }

    /// Takes a `rolecall.yaml` that is one of the files to check.
    pub(super) fn check(&mut self, path: PathBuf, name: &str, text: &str) {
        self.add(path, name, text, true);
    }

    /// Those to report: the ones to check, and all with which something is wrong.
    pub(super) fn report(self) -> Vec<CheckedFile> {
        let found = self.read.into_values();
        let is_told = |one: &Configuration| one.is_asked || !one.checked.findings().is_empty();
        found.filter(is_told).map(|one| one.checked).collect()
    }

    fn add(&mut self, path: PathBuf, name: &str, text: &str, is_asked: bool) -> &Configuration {
        let (config, findings) = config::parse(name, text);
        let settings = config.unwrap_or_default().checks;
        let checked = CheckedFile::new(name, text, 0, findings);
        let one = Configuration { settings, checked, is_asked };
        self.read.entry(path).insert_entry(one).into_mut()
    }
}
