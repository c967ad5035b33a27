# Check certificate status
kubectl describe certificate edge-app-tls -n production

# View cert-manager logs
kubectl logs -n cert-manager deployment/cert-manager

# Check certificate expiration
kubectl get certificate -A --sort-by=.status.notAfter

# Test certificate validation
openssl x509 -in cert.pem -text -noout
