{{/*
Arguments of the container: every setting of elbow that the values know. An empty value is left out, so that elbow's own default
(or an ELBOW_ variable from extraEnv) holds.
*/}}
{{- define "elbow.arguments" -}}
- run
- --cluster-name={{ required "clusterName is required: the name of the EKS cluster, for example --set clusterName=my-cluster" .Values.clusterName }}
{{- with .Values.region }}
- --aws-region={{ . }}
{{- end }}
{{- with .Values.vpcId }}
- --aws-vpc-id={{ . }}
{{- end }}
- --load-balancer-class={{ join "," .Values.loadBalancerClasses }}
- --alb-load-balancer-class={{ join "," .Values.albLoadBalancerClasses }}
{{- if .Values.claimUnclassed }}
- --claim-unclassed=true
{{- end }}
- --default-load-balancer-scheme={{ .Values.defaultLoadBalancerScheme }}
{{- with .Values.defaultTags }}
- {{ include "elbow.defaultTagsArgument" . | quote }}
{{- end }}
{{- with .Values.defaultSslPolicy }}
- --default-ssl-policy={{ . }}
{{- end }}
{{- if .Values.enableManageBackendSecurityGroupRules }}
- --enable-manage-backend-security-group-rules=true
{{- end }}
{{- with .Values.awsApiRates }}
- {{ include "elbow.awsApiRatesArgument" . | quote }}
{{- end }}
- --service-max-concurrent-reconciles={{ .Values.serviceMaxConcurrentReconciles }}
- --audit-period={{ .Values.auditPeriod }}
- --audit-calls-per-minute={{ .Values.auditCallsPerMinute }}
{{- if .Values.deleteOrphans }}
- --delete-orphans=true
{{- end }}
- --mass-removal-delay={{ .Values.massRemovalDelay }}
- --leader-election-id={{ include "elbow.leaseName" . }}
- --leader-election-namespace={{ .Release.Namespace }}
- --leader-election-lease-duration={{ .Values.leaderElection.leaseDuration }}
- --leader-election-renew-deadline={{ .Values.leaderElection.renewDeadline }}
- --leader-election-retry-period={{ .Values.leaderElection.retryPeriod }}
- --metrics-bind-addr={{ .Values.bindAddress }}:{{ .Values.metrics.port }}
- --health-probe-bind-addr={{ .Values.bindAddress }}:{{ .Values.healthProbe.port }}
- {{ printf "--log-level=%s" .Values.log.level | quote }}
- --log-format={{ .Values.log.format }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Helm ranges over a map in the order of its keys, so equal values give equal Pods. */}}
{{- define "elbow.defaultTagsArgument" -}}
{{- $pairs := list -}}
{{- range $key, $value := . -}}
{{- $pairs = append $pairs (printf "%s=%s" $key $value) -}}
{{- end -}}
--default-tags={{ join "," $pairs }}
{{- end -}}

{{- define "elbow.awsApiRatesArgument" -}}
{{- $rates := list -}}
{{- range $class, $rate := . -}}
{{- $rates = append $rates (printf "%s=%s" $class $rate) -}}
{{- end -}}
--aws-api-rates={{ join "," $rates }}
{{- end -}}
