//! The practice cluster; today its AWS side.

pub mod aws;
