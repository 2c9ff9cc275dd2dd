//! The practice cluster; today its AWS side.
