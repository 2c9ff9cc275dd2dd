//! The codes of the rules: stable names for what can be wrong with a file, and the page about each.

use core::fmt;

use serde::Serialize;

/// The rules of `aws-auth` documents. Codes are never reused, and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// RC001: the file is not YAML, or is empty.
    UnreadableFile,
    /// RC002: it is not the ConfigMap `aws-auth` in `kube-system`.
    NotAwsAuth,
    /// RC003: a data value is not a text.
    SectionNotText,
    /// RC004: a section that the authenticator would read as empty.
    UnreadableSection,
    /// RC005: an entry that the authenticator would drop.
    DroppedEntry,
    /// RC006: an entry without a username.
    NoUsername,
    /// RC007: groups that the authenticator would lose.
    LostGroups,
    /// RC008: a key that the authenticator does not know.
    UnknownKey,
    /// RC009: a data key that is a section in another spelling.
    MisspeltSection,
    /// RC010: a principal with more than one entry.
    RepeatedPrincipal,
    /// RC011: an entry that can never match.
    NeverMatches,
    /// RC012: text after the end of the first document.
    LaterDocument,
    /// RC013: the map is larger than Kubernetes stores.
    TooLarge,
    /// RC014: `rolecall.yaml` says something that is not understood.
    Configuration,
    /// RC015: a username or group that is blank, or has blanks around it.
    BlankName,
    /// RC016: a character that nobody sees, or that looks like another one.
    HiddenCharacter,
    /// RC017: a blank in an ARN or account id.
    BlankInArn,
    /// RC018: capitals in the fixed part of an ARN.
    ArnCase,
    /// RC019: an account id that is not twelve digits, or that YAML takes for a number.
    AccountId,
    /// RC020: a user in `mapRoles`, or a role in `mapUsers`.
    WrongSection,
    /// RC021: a partition that differs from the others.
    OtherPartition,
    /// RC022: a role of IAM Identity Center without its suffix.
    SsoSuffix,
    /// RC023: a user that probably lacks its path.
    UserPath,
    /// RC024: a template that does not exist.
    UnknownTemplate,
    /// RC025: a template that cannot be filled for this principal.
    UnfillableTemplate,
    /// RC026: a username or group that whoever assumes the role chooses.
    ChosenBySession,
    /// RC027: a username or group that pretends to be one of Kubernetes' or EKS' own.
    ReservedName,
    /// RC028: a node without its groups, or somebody else with them.
    NodeGroups,
    /// RC029: a principal that is cluster-admin.
    ClusterAdmin,
    /// RC030: a whole account that may enter.
    WholeAccount,
    /// RC031: the root user of an account.
    RootUser,
    /// RC032: a principal of an account that is not in `accounts:`.
    OtherAccount,
    /// RC033: the map is nearly as large as Kubernetes stores.
    NearlyFull,
    /// RC034: a placeholder of another tool that was left in.
    LeftoverTemplate,
    /// RC035: a secret in the file.
    Secret,
    /// RC036: a key, or the whole map, that is written twice.
    RepeatedKey,
    /// RC037: a key of an entry in another spelling than everybody else's.
    KeySpelling,
    /// RC038: an entry without groups.
    NoGroups,
    /// RC039: an allow comment that allows nothing.
    Allowance,
    /// RC040: a map that lets nobody in.
    NobodyMapped,
}

impl Code {
    /// All of them, in their order.
    pub const ALL: [Self; 40] = [
        Self::UnreadableFile,
        Self::NotAwsAuth,
        Self::SectionNotText,
        Self::UnreadableSection,
        Self::DroppedEntry,
        Self::NoUsername,
        Self::LostGroups,
        Self::UnknownKey,
        Self::MisspeltSection,
        Self::RepeatedPrincipal,
        Self::NeverMatches,
        Self::LaterDocument,
        Self::TooLarge,
        Self::Configuration,
        Self::BlankName,
        Self::HiddenCharacter,
        Self::BlankInArn,
        Self::ArnCase,
        Self::AccountId,
        Self::WrongSection,
        Self::OtherPartition,
        Self::SsoSuffix,
        Self::UserPath,
        Self::UnknownTemplate,
        Self::UnfillableTemplate,
        Self::ChosenBySession,
        Self::ReservedName,
        Self::NodeGroups,
        Self::ClusterAdmin,
        Self::WholeAccount,
        Self::RootUser,
        Self::OtherAccount,
        Self::NearlyFull,
        Self::LeftoverTemplate,
        Self::Secret,
        Self::RepeatedKey,
        Self::KeySpelling,
        Self::NoGroups,
        Self::Allowance,
        Self::NobodyMapped,
    ];

    /// The code as it is written.
    pub fn as_str(self) -> &'static str {
        PAGES[self as usize].0
    }

    /// The code that is written `text`.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// The page about the rule, in Markdown: what, why, an example, and how to mend or allow it.
    pub fn page(self) -> &'static str {
        PAGES[self as usize].1
    }

    /// What is wrong, in a few words: the title of the page.
    pub fn title(self) -> &'static str {
        let first = self.page().lines().next().unwrap_or_default();
        first.split_once(": ").map_or(first, |(_, title)| title)
    }

    /// Can it neither be turned off nor be allowed? Such a file cannot be read, or not be stored.
    pub fn is_inherent(self) -> bool {
        matches!(
            self,
            Self::UnreadableFile
                | Self::NotAwsAuth
                | Self::SectionNotText
                | Self::UnreadableSection
                | Self::LaterDocument
                | Self::TooLarge
                | Self::Configuration
        )
    }

    /// Is something of the map lost by it, where it is an error? Plans rely on a map that is read without a loss.
    pub fn loses(self) -> bool {
        matches!(
            self,
            Self::DroppedEntry
                | Self::NoUsername
                | Self::LostGroups
                | Self::MisspeltSection
                | Self::RepeatedPrincipal
                | Self::RepeatedKey
        )
    }

    /// Must the text that it is about not be shown?
    pub fn hides_excerpt(self) -> bool {
        self == Self::Secret
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The page of a rule, which is kept where people read it.
macro_rules! page {
    ($code:literal) => {
        ($code, include_str!(concat!("../../../../docs/reference/rules/", $code, ".md")))
    };
}

/// Code and page, in the order of [`Code::ALL`].
const PAGES: [(&str, &str); Code::ALL.len()] = [
    page!("RC001"),
    page!("RC002"),
    page!("RC003"),
    page!("RC004"),
    page!("RC005"),
    page!("RC006"),
    page!("RC007"),
    page!("RC008"),
    page!("RC009"),
    page!("RC010"),
    page!("RC011"),
    page!("RC012"),
    page!("RC013"),
    page!("RC014"),
    page!("RC015"),
    page!("RC016"),
    page!("RC017"),
    page!("RC018"),
    page!("RC019"),
    page!("RC020"),
    page!("RC021"),
    page!("RC022"),
    page!("RC023"),
    page!("RC024"),
    page!("RC025"),
    page!("RC026"),
    page!("RC027"),
    page!("RC028"),
    page!("RC029"),
    page!("RC030"),
    page!("RC031"),
    page!("RC032"),
    page!("RC033"),
    page!("RC034"),
    page!("RC035"),
    page!("RC036"),
    page!("RC037"),
    page!("RC038"),
    page!("RC039"),
    page!("RC040"),
];
