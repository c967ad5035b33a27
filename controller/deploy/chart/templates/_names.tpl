{{/* Everything is called edgeseal-<region>; cli/install renders the same without Helm, and a test compares the two. */}}
{{- define "edgeseal.name" -}}edgeseal-{{ .Values.region }}{{- end }}
{{- define "edgeseal.keySecret" -}}
{{- .Values.keys.secret.name | default (printf "edgeseal-region-key-%s" .Values.region) -}}
{{- end }}
{{- define "edgeseal.labels" -}}
app.kubernetes.io/name: edgeseal
app.kubernetes.io/instance: {{ include "edgeseal.name" . }}
{{- end }}
{{- define "edgeseal.metadata" -}}
name: {{ include "edgeseal.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "edgeseal.labels" . | nindent 2 }}
{{- end }}
