//! The Kubernetes adapter: the ports of the engine on a real API server.
//!
//! It translates and decides nothing: no retry (kube's own retry layer is off, only the engine retries), no
//! judgement of what is read. No type of `kube` leaves this crate; who wants a token here implements
//! [`BearerTokens`]. Requests are written out by hand in small shapes, since a whole `apply` is to take
//! less time than one discovery.

pub mod bootstrap;

mod cluster;
mod connection;
mod errors;
mod exec_plugin;
mod home;
mod in_cluster;
mod knock;
mod kubeconfig;
mod lease;
mod lines;
mod map_call;
mod observe;
mod packing;
mod proxy;
mod records;
mod rights;
mod target;
mod tokens;
mod watch;
mod wire;

pub use cluster::KubeCluster;
pub use home::{Change, Happening, KubeHome};
pub use in_cluster::SERVICE_ACCOUNT;
pub use knock::{ClaimedNames, Knock, Seen, Shown};
pub use kubeconfig::{ChosenContext, KubeconfigChoice};
pub use lease::KubeTerm;
pub use target::{Endpoint, Timeouts};
pub use tokens::BearerTokens;
pub use wire::FIELD_MANAGER;
