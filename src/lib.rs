//! elbow: AWS load balancers for Kubernetes Services.
