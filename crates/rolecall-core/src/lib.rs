//! Every decision of Rolecall, computed without I/O.
