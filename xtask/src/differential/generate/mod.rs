//! Documents as people write them, and then as people, editors and templates mangle them.

use super::Data;

mod chance;
mod mangle;
mod words;

use words::{ACCOUNTS, ARNS, GROUPS, ODD, ROLES, SPECIAL, SSO, TWINS, USERNAMES, USERS, WILD};

/// Makes documents, the same ones for the same seed.
pub(super) struct Generator {
    state: u64,
    /// How many entries a section may have.
    most: usize,
    /// One scalar in this many is odd.
    oddness: usize,
}

impl Generator {
    /// A generator whose sections have at most so many entries.
    pub(super) fn new(seed: u64, most: usize) -> Self {
        Self { state: seed, most, oddness: 12 }
    }

    /// The data of one ConfigMap.
    pub(super) fn document(&mut self) -> Data {
        // Every other document has little that is odd: an odd scalar may empty a whole section.
        self.oddness = *self.pick(&[12, 120]);
        let mut data = Data::new();
        if self.one_in(20) {
            let key = *self.pick(&["maproles", "MapRoles", "other"]);
            data.insert(key.to_owned(), self.section("role"));
        } else {
            data.insert("mapRoles".to_owned(), self.section("role"));
        }
        if self.one_in(2) {
            data.insert("mapUsers".to_owned(), self.section("user"));
        }
        if self.one_in(3) {
            data.insert("mapAccounts".to_owned(), self.accounts());
        }
        data
    }

    /// A few entries that nothing can be wrong with.
    pub(super) fn plain_entries(&mut self, kind: &str) -> String {
        let entries = (0..self.below(self.most)).map(|_| {
            let (arn, username) = (self.arn(kind), *self.pick(USERNAMES));
            let groups: Vec<&str> = (0..self.below(3)).map(|_| *self.pick(GROUPS)).collect();
            let bare = |text: &str| text.trim_matches(['"', '\'']).to_owned();
            format!("- {kind}arn: {:?}\n  username: {:?}\n  groups: {groups:?}\n", bare(&arn), bare(username))
        });
        entries.collect()
    }

    /// An ARN, and a pattern that was often made of it.
    pub(super) fn arn_and_pattern(&mut self) -> (String, String) {
        let arn = self.arn("role");
        let mut pattern = if self.one_in(4) { self.arn("role") } else { arn.clone() };
        for _ in 0..self.below(5) {
            let mark = *self.pick(WILD);
            let places: Vec<usize> = pattern.char_indices().map(|(at, _)| at).collect();
            let from = self.below(places.len());
            let to = (from + self.below(6)).min(places.len() - 1);
            pattern.replace_range(places[from]..places[to], mark);
        }
        (if self.one_in(8) { self.mangled(&arn) } else { arn }, pattern)
    }

    fn section(&mut self, kind: &str) -> String {
        if self.one_in(self.oddness) {
            return (*self.pick(SPECIAL)).to_owned();
        }
        if self.one_in(1000) {
            return self.aliases();
        }
        let indent = *self.pick(&[0, 0, 0, 2, 4]);
        let count = self.below(self.most);
        let mut text: String = (0..count).map(|_| self.entry(indent, kind)).collect();
        text = match self.below(40) {
            0 => format!("--- \n{text}"),
            1 => format!("{text}---\n- b\n"),
            2 => format!("%YAML 1.1\n---\n{text}"),
            3 => format!("\u{feff}{text}"),
            4 => format!("{text}...\n"),
            5 => text.replace('\n', "\r\n"),
            6 => format!("{text}# {}\n", "x".repeat(self.below(5000))),
            _ => text,
        };
        if self.one_in(self.oddness / 4) { self.mangled(&text) } else { text }
    }

    /// So many aliases that upstream's guard may speak, or nearly.
    fn aliases(&mut self) -> String {
        let (list, aliases) = (vec!["a"; self.below(500)], vec!["*x"; self.below(400)]);
        let entry = "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: u\n";
        format!("{entry}  p: &x [{}]\n  q: [{}]\n", list.join(", "), aliases.join(", "))
    }

    fn entry(&mut self, indent: usize, kind: &str) -> String {
        let mut lines = vec![self.principal(kind)];
        let username_key = if self.is_odd() {
            *self.pick(&["UserName", "usernam", "\"username\"", "u\u{17f}ername", "user name"])
        } else {
            "username"
        };
        let username = *self.pick(USERNAMES);
        let username = self.scalar(username);
        lines.push(format!("{username_key}: {username}"));
        lines.extend(self.groups(indent));
        self.add_oddities(&mut lines);
        if self.one_in(2) {
            let at = self.below(lines.len());
            lines.rotate_left(at);
        }
        self.laid_out(indent, &lines)
    }

    fn add_oddities(&mut self, lines: &mut Vec<String>) {
        if self.is_odd() {
            lines.push("Groups: [null, x]".to_owned());
        }
        if self.is_odd() {
            lines.push(format!("<<: {}", self.pick(&["*x", "{username: m}", "[*x, {groups: [q]}]", "12"])));
        }
        if self.is_odd() {
            let (key, value) = (self.scalar("k"), self.scalar("v"));
            lines.push(format!("{key}: {value}"));
        }
        if self.is_odd() {
            let again = self.below(lines.len());
            lines.push(lines[again].clone());
        }
        if self.one_in(self.oddness * 4) {
            lines.extend(self.pick(TWINS).iter().map(|line| (*line).to_owned()));
        }
        if self.is_odd() {
            let another = *self.pick(USERNAMES);
            lines.push(format!("{}: {another}", self.pick(&["username", "USERNAME", "? username\n  "])));
        }
    }

    fn principal(&mut self, kind: &str) -> String {
        if kind == "role" && self.one_in(8) {
            return format!("sso: {}", self.pick(SSO));
        }
        let key = match (self.is_odd(), kind) {
            (true, "role") => *self.pick(&["roleARN", "RoleArn", "userarn", "rolearn ", "\"rolearn\""]),
            (true, _) => *self.pick(&["userARN", "rolearn", "u\u{17f}erarn"]),
            (false, "role") => "rolearn",
            (false, _) => "userarn",
        };
        let arn = self.arn(kind);
        format!("{key}: {}", self.scalar(&arn))
    }

    fn arn(&mut self, kind: &str) -> String {
        // A role ARN works in `mapUsers`, and the reverse.
        let kind = if self.one_in(10) { *self.pick(&["role", "user"]) } else { kind };
        let name = *self.pick(if kind == "role" { ROLES } else { USERS });
        let account = if self.one_in(8) { *self.pick(ACCOUNTS) } else { ACCOUNTS[0] };
        let arn = format!("arn:aws:iam::{account}:{kind}/{name}");
        match self.below(12) {
            0 => arn.to_uppercase(),
            1 => arn.to_lowercase(),
            2 | 3 => (*self.pick(ARNS)).to_owned(),
            _ => arn,
        }
    }

    fn groups(&mut self, indent: usize) -> Option<String> {
        let key = if self.is_odd() { *self.pick(&["Groups", "GROUPS", "group"]) } else { "groups" };
        let groups: Vec<&str> = (0..self.below(4)).map(|_| *self.pick(GROUPS)).collect();
        let groups: Vec<String> = groups.iter().map(|group| self.scalar(group)).collect();
        match self.below(8) {
            0..4 if !groups.is_empty() => {
                let dash = format!("\n{}- ", " ".repeat(indent + 2));
                let items = groups.iter().flat_map(|group| [dash.as_str(), group]).collect::<String>();
                Some(format!("{key}:{items}"))
            }
            0..6 => Some(format!("{key}: [{}]", groups.join(", "))),
            6 => Some(format!("{key}: {}", self.scalar("system:masters"))),
            _ => None,
        }
    }

    fn laid_out(&mut self, indent: usize, lines: &[String]) -> String {
        let anchor = if self.one_in(10) { format!("&x\n{}", " ".repeat(indent + 2)) } else { String::new() };
        let mut text = String::new();
        for (number, line) in lines.iter().enumerate() {
            let mark = if number == 0 { format!("- {anchor}") } else { "  ".to_owned() };
            let comment = if self.one_in(12) { "  # c" } else { "" };
            // Now and then a line stands a column off.
            let off = if self.one_in(self.oddness * 8) { " " } else { "" };
            text.extend([" ".repeat(indent).as_str(), &mark, off, line, comment, "\n"]);
        }
        text
    }

    fn accounts(&mut self) -> String {
        if self.one_in(10) {
            let special = [
                "111122223333",
                "[a, b]",
                "{a: b}",
                "- {a: b}\n- c\n",
                "- [x]\n",
                "null",
                "- null\n- true\n",
                "- 111122223333 \n- '111122223333'\n",
                "- \"444455556666 \"\n",
                "- 111_122_223_333\n",
            ];
            return (*self.pick(&special)).to_owned();
        }
        let items = (0..self.below(4)).map(|_| {
            let account = *self.pick(ACCOUNTS);
            format!("- {}\n", self.scalar(account))
        });
        items.collect()
    }

    /// `text`, quoted at times, and at times something odd instead.
    fn scalar(&mut self, text: &str) -> String {
        if self.is_odd() {
            return (*self.pick(ODD)).to_owned();
        }
        match self.below(12) {
            0 => format!("'{}'", text.replace('\'', "''")),
            1 => format!("{text:?}"),
            _ => text.to_owned(),
        }
    }

    fn is_odd(&mut self) -> bool {
        self.one_in(self.oddness)
    }
}
