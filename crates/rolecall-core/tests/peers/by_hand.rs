//! One entry added, changed or taken out by hand, as the peers' command lines do it.

use rolecall_core::document::AwsAuthDocument;
use rolecall_core::edit::{
    Add, Answer, NamedPrincipal, Refusal, RefusalKind, Remove, Selected, SetEntry, edited_text,
};
use rolecall_core::identity_mapping::Section;
use serde_json::{Value, json};

use super::stage::{data, entries, manifest};

/// Replays a row, unless it is about something else.
pub(crate) fn replay(case: &str, input: &Value, expected: &Value) -> bool {
    match case {
        "remove.by_username" | "remove.by_username_with_retries" => by_username(input, expected),
        "remove.by_username_empty_force" => nobody(input, &[Selected::Username(String::new())]),
        "remove.not_found_force" => {
            let arns =
                input["args"].as_array().unwrap().iter().map(|arg| Selected::Principal(principal(arg)));
            nobody(input, &arns.collect::<Vec<_>>());
        }
        "types.append_groups" => set_and_append(input, expected),
        "upsert.update_username_false" => keep_the_username(input, expected),
        "configmap.create_twice" => say_it_twice(),
        _ => return false,
    }
    true
}

/// A file of the row's map, with what is done to it by hand.
pub(crate) struct File(AwsAuthDocument);

impl File {
    pub(crate) fn new(before: &Value) -> Self {
        let data = data(before).unwrap_or_default();
        let all: Vec<Value> = Section::ALL.iter().flat_map(|section| entries(&data, *section)).collect();
        Self(AwsAuthDocument::parse("aws-auth.yml", &manifest(&all)).0.unwrap())
    }

    /// Makes the edits of an answer; gives its notes.
    pub(crate) fn edit(&mut self, answer: Result<Answer, Refusal>) -> Result<Vec<String>, Refusal> {
        let answer = answer?;
        let text = edited_text(&self.0, &answer.edits)?;
        self.0 = AwsAuthDocument::parse("aws-auth.yml", &text).0.unwrap();
        Ok(answer.notes)
    }

    pub(crate) fn add(&mut self, entry: &Value, appends: bool) -> Result<Vec<String>, Refusal> {
        let username = entry["username"].as_str().map(str::to_owned);
        let groups = serde_json::from_value(entry["groups"].clone()).unwrap_or_default();
        let add = Add { named: NamedPrincipal::arn(&principal(entry))?, username, groups, appends };
        self.edit(add.answer(self.0.effective()))
    }

    pub(crate) fn remove(&mut self, selected: Selected) -> Result<Vec<String>, Refusal> {
        self.edit(Remove { selected, all: false }.answer(self.0.effective()))
    }

    pub(crate) fn set(&mut self, set: &SetEntry) -> Result<Vec<String>, Refusal> {
        self.edit(set.answer(self.0.effective()))
    }

    pub(crate) fn entries(&self, section: Section) -> Vec<Value> {
        entries(self.0.data(), section)
    }
}

fn principal(entry: &Value) -> String {
    entry["rolearn"].as_str().or(entry["userarn"].as_str()).unwrap().to_owned()
}

fn by_username(input: &Value, expected: &Value) {
    let mut file = File::new(&input["before"]);
    for (name, after) in input["args"].as_array().unwrap().iter().zip(["after_first", "after_second"]) {
        file.remove(Selected::Username(name.as_str().unwrap().to_owned())).unwrap();
        for section in [Section::MapRoles, Section::MapUsers] {
            assert_eq!(json!(file.entries(section)), expected[after][section.key()]);
        }
    }
}

/// Who is not there need not be taken out: that is said, and nothing changes.
fn nobody(input: &Value, selected: &[Selected]) {
    let mut file = File::new(&input["before"]);
    let before = file.0.text().to_owned();
    for selected in selected {
        assert_eq!(file.remove(selected.clone()).unwrap().len(), 1);
    }
    assert_eq!(file.0.text(), before);
}

fn set_and_append(input: &Value, expected: &Value) {
    let arn = "arn:aws:iam::111122223333:role/x";
    let groups = |key: &str| serde_json::from_value::<Vec<String>>(input["args"][key].clone()).unwrap();
    let entry = json!({ "rolearn": arn, "username": "x", "groups": input["args"]["start"] });
    let mut file = File::new(&json!({ "mapRoles": [entry] }));
    let set = SetEntry { principal: arn.to_owned(), groups: Some(groups("set")), ..SetEntry::default() };
    file.set(&set).unwrap();
    let append = SetEntry { principal: arn.to_owned(), added: groups("append"), ..SetEntry::default() };
    file.set(&append).unwrap();
    assert_eq!(file.entries(Section::MapRoles)[0]["groups"], expected["groups"]);
}

fn keep_the_username(input: &Value, expected: &Value) {
    let mut file = File::new(&input["before"]);
    for entry in input["entries"].as_array().unwrap() {
        let groups = serde_json::from_value(entry["groups"].clone()).unwrap();
        let set = SetEntry { principal: principal(entry), groups: Some(groups), ..SetEntry::default() };
        file.set(&set).unwrap();
    }
    assert_eq!(file.entries(Section::MapRoles)[0]["username"], expected["role_username"]);
    assert_eq!(file.entries(Section::MapUsers)[0]["username"], expected["user_username"]);
}

/// What is there already and says the same is no error; what says something else is one.
fn say_it_twice() {
    let mut file = File::new(&json!({}));
    let entry = json!({ "rolearn": "arn:aws:iam::111122223333:role/a", "username": "a", "groups": ["g"] });
    file.add(&entry, false).unwrap();
    let once = file.0.text().to_owned();
    file.add(&entry, false).unwrap();
    assert_eq!(file.0.text(), once);
    let other = json!({ "rolearn": "arn:aws:iam::111122223333:role/a", "username": "b", "groups": ["g"] });
    assert_eq!(file.add(&other, false).unwrap_err().kind, RefusalKind::Refused);
}
