{{/* What selects the controller's pods. */}}
{{- define "rolecall.selector" -}}
app.kubernetes.io/name: rolecall
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What all objects have. */}}
{{- define "rolecall.labels" -}}
{{ include "rolecall.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "rolecall.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Records, the lock and the Lease are in this namespace, whoever deploys. */}}
{{- define "rolecall.namespace" -}}
{{- if ne .Release.Namespace "rolecall" -}}
{{- fail "Rolecall lives in the namespace `rolecall`: install with `--namespace rolecall --create-namespace`" -}}
{{- end -}}
rolecall
{{- end }}
