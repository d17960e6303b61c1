//! AWS at its slowest.
