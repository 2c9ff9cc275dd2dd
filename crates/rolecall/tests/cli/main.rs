//! The binary as its users have it: stdout, stderr and exit status of what needs no cluster.

mod completions;
mod explain;
mod findings;
mod kubeconfig;
mod plan;
mod project;
mod run;
mod schemas;
mod token;
mod usage;
