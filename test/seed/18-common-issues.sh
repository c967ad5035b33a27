# Check secret existence
kubectl get secrets -n production

# Describe secret (without exposing data)
kubectl describe secret app-credentials -n production

# Verify secret data structure
kubectl get secret app-credentials -n production -o yaml

# Check external secret status
kubectl describe externalsecret vault-secret -n production

# Debug secret store connection
kubectl logs -n external-secrets-system deployment/external-secrets
