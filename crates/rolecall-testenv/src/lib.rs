//! Starts the real kube-apiserver, etcd and aws-iam-authenticator for tests.
