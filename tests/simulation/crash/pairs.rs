//! Two faults in one sequence.
