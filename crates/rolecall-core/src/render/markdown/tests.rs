use super::{MARKER, MAX_COMMENT, Page, markdown, markdown_page};
use crate::finding::{Code, Finding, Level, Place};
use crate::render::{CheckReport, CheckedFile, Line, Remark, Tone};

fn finding(line: usize, message: &str) -> Finding {
    let place = Place { file: "aws-auth.yml".into(), line, column: 1, end_line: line, end_column: 3 };
    Finding::new(Code::UnknownKey, Level::Warning, place, message).help("`h`")
}

fn report(findings: Vec<Finding>) -> CheckReport {
    let text = "a: ```\n".repeat(findings.len());
    CheckReport::new("check", vec![CheckedFile::new("aws-auth.yml", &text, 1, findings)], Level::Error)
}

#[test]
fn a_report_is_a_short_comment_that_can_be_found_again() {
    let comment = markdown(&report(vec![finding(1, "the key `a|b` <img>")]));
    let expected = "\
<!-- rolecall -->
<!-- rolecall: check -->
**Rolecall** Fine: 1 document in 1 file: 0 errors, 1 warning, 0 notes

| Level | Where | What | What to do |
|---|---|---|---|
| warning `RC008` | `aws-auth.yml:1:1` | the key <code>a&#124;b</code> &#60;img&#62; | `h` |

<details><summary>The lines</summary>

````text
RC008 aws-auth.yml:1:1
1 | a: ```
  | ^^
````

</details>
";
    assert_eq!(comment, expected);
    assert!(!markdown(&report(Vec::new())).contains("<details>"));
}

#[test]
fn what_refuses_stands_first() {
    let with = |line, level| Finding { level, ..finding(line, "x") };
    let allowed = Finding { allowed: Some("y".into()), ..with(1, Level::Error) };
    let findings = vec![allowed, with(2, Level::Note), with(3, Level::Error), with(4, Level::Warning)];
    let comment = markdown(&report(findings));
    let rows = comment.lines().filter_map(|line| line.strip_prefix("| ")?.split(" `RC").next());
    assert_eq!(rows.skip(1).collect::<Vec<_>>(), ["error", "warning", "note", "allowed"]);
}

#[test]
fn no_comment_is_longer_than_github_takes() {
    let message = "|".repeat(100_000);
    let comment = markdown(&report((1..=3000).map(|line| finding(line, &message)).collect()));
    assert!(comment.len() <= MAX_COMMENT && comment.contains(" more findings: "), "{}", comment.len());
    let remark = Remark { level: Level::Error, title: "RG04".into(), message, hint: None };
    let lines = vec![Line { tone: Tone::Plain, text: "```".repeat(30_000) }; 9];
    let page =
        Page { topic: "plan a-->b".into(), title: "t".into(), remarks: &vec![remark; 99], lines: &lines };
    let comment = markdown_page(&page);
    assert!(comment.len() <= MAX_COMMENT, "{}", comment.len());
    assert!(comment.starts_with(&format!("{MARKER}\n<!-- rolecall: plan a b -->\n**Rolecall** t\n")));
}
