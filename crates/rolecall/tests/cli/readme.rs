//! The README's plan is what the program prints.

use std::fs;
use std::path::Path;

use crate::run::Desk;

#[test]
fn the_plan_in_the_readme_is_the_real_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    // Copied out of the clone, where no commit is known.
    let desk = Desk::new();
    for name in ["aws-auth.yml", "observed.yaml"] {
        desk.write(name, &read(&format!("docs/example/{name}")));
    }
    let page = desk.run(&["plan", "--observed", "observed.yaml"]).ends(0).stdout;
    let block = format!("```console\n$ rolecall plan --observed observed.yaml\n{page}```\n");
    for readme in ["README.md", "README.ja.md"] {
        let text = read(readme);
        let shown = text.split("<!-- plan:begin -->\n").nth(1).unwrap();
        assert_eq!(shown.split("<!-- plan:end -->").next(), Some(block.as_str()), "{readme}");
    }
}
