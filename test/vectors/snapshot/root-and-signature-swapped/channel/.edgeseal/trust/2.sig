apiVersion: edgeseal.dev/v1alpha1
kind: TrustRoot
spec:
  repository: "6f1d1c5e-0000-4000-8000-000000000001"
  number: 2
  previous: "72c93c77787f79dc38343322709d66d962cfc115382a9e042d4bc6f424dcb280"
  roots:
    keys:
    - "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILdkJCGco48gkAf9vjzxjvDyKG0gw6EcBs9aN0CCmANb"
    threshold: 1
  publishers:
    keys:
    - "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKmifKrvbWikfz9s63dzhk1v1M2Sv8UjjquOuG8FMCb7"
    threshold: 1
  heartbeat:
    key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJcUl9VvoxbsSqYVfycY9TUs3LWVc7DWRI0IOov5v8G4"
  authors:
  - name: a@example.com
    keys:
    - "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBLlYt7pcsC2R4bgvJ5izbRXSa724B34hup3i0NVwU5I"
    namespaces:
    - production
    - "team-*"
  - name: b@example.com
    keys:
    - "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKfxAUMPJz5lNUQBG2+AypflqGR0oNdMtB+K1S9SGDPL"
    namespaces:
    - prod
    - "staging-?"
  regions:
  - name: eu-central
    role: region
    keys:
    - sha256: "3f6058c279f06d4a9fe5e0ddd67dbcb819b0efa3237851ca1519fc1e427a557d"
      state: active
  - name: us-east
    role: region
    keys:
    - sha256: "7cfd6b19cc67f29ea8499f4ee31a2239b7e4c73723d789d9ba1cfa01768b6e94"
      state: active
    - sha256: "abdb56376f4d4fa163d35be2a4b173db1fed63f4a3c1b9b5f4aa59287d25bf63"
      state: retired
  - name: us-west
    role: region
    keys:
    - sha256: "feb204f58066b4aeeccb8a42947d8bfb04fda3d60e45572c63684fe56736ac20"
      state: active
