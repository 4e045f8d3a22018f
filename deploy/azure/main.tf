# Where Defender XDR streams to, and where Postern's alerts are written: docs/azure.md tells what to do before and after.

resource "azurerm_resource_group" "postern" {
  name     = var.resource_group
  location = var.location
}

# Basic has no Kafka endpoint.
resource "azurerm_eventhub_namespace" "postern" {
  name                     = var.namespace
  resource_group_name      = azurerm_resource_group.postern.name
  location                 = azurerm_resource_group.postern.location
  sku                      = "Standard"
  capacity                 = var.capacity
  auto_inflate_enabled     = true
  maximum_throughput_units = var.capacity_max
  minimum_tls_version      = "1.2"
}

# The names that the streaming API uses where a table has no hub of another name.
resource "azurerm_eventhub" "table" {
  for_each          = var.tables
  name              = "insights-logs-advancedhunting-${lower(each.key)}"
  namespace_id      = azurerm_eventhub_namespace.postern.id
  partition_count   = var.partitions
  message_retention = var.retention_days
}

# A right to listen in the whole namespace: the Kafka protocol takes one connection string for all hubs.
resource "azurerm_eventhub_namespace_authorization_rule" "listen" {
  name                = "postern-listen"
  namespace_name      = azurerm_eventhub_namespace.postern.name
  resource_group_name = azurerm_resource_group.postern.name
  listen              = true
  send                = false
  manage              = false
}

# What a client by AMQP reads in, such as a look at the records with the portal's explorer. The groups of the Kafka protocol
# are others: they appear when a client names them.
resource "azurerm_eventhub_consumer_group" "inspect" {
  for_each            = azurerm_eventhub.table
  name                = "inspect"
  namespace_name      = azurerm_eventhub_namespace.postern.name
  eventhub_name       = each.value.name
  resource_group_name = azurerm_resource_group.postern.name
}

resource "azurerm_role_assignment" "receiver" {
  for_each             = var.receiver_principal_ids
  scope                = azurerm_eventhub_namespace.postern.id
  role_definition_name = "Azure Event Hubs Data Receiver"
  principal_id         = each.value
}
