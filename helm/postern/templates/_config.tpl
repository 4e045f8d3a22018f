{{- /* What would install and not work, or would put a secret where everybody reads it. */ -}}
{{- define "postern.refusals" -}}
{{- $one := "a ledger belongs to one Postern, and a second one in its group is refused at the start" }}
{{- if gt (int .Values.replicas) 1 }}
{{- fail (printf "replicas is %d, but only 1 (or 0, to pause) works: %s" (int .Values.replicas) $one) }}
{{- end }}
{{- range $name := list "autoscaling" "keda" }}
{{- $own := get $.Values $name }}
{{- if and $own.enabled (gt (int $own.maxReplicas) 1) }}
{{- fail (printf "%s.maxReplicas is %d, but only 1 works: %s" $name (int $own.maxReplicas) $one) }}
{{- end }}
{{- end }}
{{- if and .Values.autoscaling.enabled .Values.keda.enabled }}
{{- fail "autoscaling and keda would both set the number of pods: enable one of them" }}
{{- end }}
{{- if and .Values.keda.enabled (not (and .Values.keda.bootstrapServers .Values.keda.topic)) }}
{{- fail "keda.enabled needs keda.bootstrapServers and keda.topic: those of the source in the configuration" }}
{{- end }}
{{- if and .Values.workloadIdentity.enabled (not .Values.workloadIdentity.clientId) }}
{{- fail "workloadIdentity.enabled needs workloadIdentity.clientId: the client id of the identity in Entra" }}
{{- end }}
{{- if not (trim .Values.config) }}
{{- fail "config is empty: write tenants, sources and sinks there as TOML; docs/configuration.md has every key" }}
{{- end }}
{{- if regexMatch `(?m)^\s*\[*\s*(data_dir|shutdown_ms|metrics)\b` .Values.config }}
{{- fail "config must not have data_dir, shutdown_ms or [metrics]: the chart writes them, from shutdownSeconds and metrics" }}
{{- end }}
{{- if regexMatch `SharedAccessKey=|whsec_` .Values.config }}
{{- fail "config has a secret in it: put it into a Secret, list that in secrets, and name its file in the configuration" }}
{{- end }}
{{- $listens := printf `listen\s*=\s*["'](0\.0\.0\.0|\[::\]):%d["']` (int .Values.webhook.port) }}
{{- if and .Values.webhook.enabled (not (regexMatch $listens .Values.config)) }}
{{- fail (printf "webhook.enabled needs a [[source.webhook]] in config with listen = \"0.0.0.0:%d\" (webhook.port)" (int .Values.webhook.port)) }}
{{- end }}
{{- end }}

{{- define "postern.config" -}}
data_dir = "/var/lib/postern"
shutdown_ms = {{ mul (int .Values.shutdownSeconds) 1000 }}

{{ trim .Values.config }}

[metrics]
listen = "{{ .Values.metrics.address }}:{{ int .Values.metrics.port }}"
anyone_may_read = true
{{- end }}
