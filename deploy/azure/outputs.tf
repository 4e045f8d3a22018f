output "bootstrap" {
  description = "`bootstrap` of `[[source.kafka]]`."
  value       = "${azurerm_eventhub_namespace.postern.name}.servicebus.windows.net:9093"
}

output "topics" {
  description = "`topics` of `[[source.kafka]]`."
  value       = sort([for hub in azurerm_eventhub.table : hub.name])
}

output "connection_string" {
  description = "The secret of `auth.kind = \"event-hubs-connection-string\"`."
  value       = azurerm_eventhub_namespace_authorization_rule.listen.primary_connection_string
  sensitive   = true
}

output "namespace_resource_id" {
  description = "What the settings of the streaming API ask for."
  value       = azurerm_eventhub_namespace.postern.id
}

output "sentinel" {
  description = "`url` and `dcr` of `[[sink.sentinel]]`; null without a workspace."
  value       = local.is_sentinel ? jsondecode(azurerm_resource_group_template_deployment.rule[0].output_content) : null
}
