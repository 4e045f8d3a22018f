# The table and the rule are those of deploy/sentinel, read from there, so that there is one list of columns.

locals {
  is_sentinel = var.workspace_resource_id != ""
  # /subscriptions/S/resourceGroups/GROUP/providers/Microsoft.OperationalInsights/workspaces/NAME
  workspace_group = local.is_sentinel ? split("/", var.workspace_resource_id)[4] : ""
  workspace_name  = local.is_sentinel ? split("/", var.workspace_resource_id)[8] : ""
}

resource "azurerm_resource_group_template_deployment" "table" {
  count               = local.is_sentinel ? 1 : 0
  name                = "postern-table"
  resource_group_name = local.workspace_group
  deployment_mode     = "Incremental"
  template_content = jsonencode({
    "$schema"      = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    contentVersion = "1.0.0.0"
    resources = [{
      type       = "Microsoft.OperationalInsights/workspaces/tables"
      apiVersion = "2022-10-01"
      name       = "${local.workspace_name}/PosternAlerts_CL"
      properties = jsondecode(file("${path.module}/../sentinel/table.json")).properties
    }]
  })
}

resource "azurerm_resource_group_template_deployment" "rule" {
  count               = local.is_sentinel ? 1 : 0
  name                = "postern-rule"
  resource_group_name = azurerm_resource_group.postern.name
  deployment_mode     = "Incremental"
  template_content    = file("${path.module}/../sentinel/dcr.json")
  parameters_content = jsonencode({
    name                = { value = "postern" }
    location            = { value = var.location }
    workspaceResourceId = { value = var.workspace_resource_id }
  })
  depends_on = [azurerm_resource_group_template_deployment.table]
}

resource "azurerm_role_assignment" "publisher" {
  for_each             = local.is_sentinel ? var.publisher_principal_ids : toset([])
  scope                = "${azurerm_resource_group.postern.id}/providers/Microsoft.Insights/dataCollectionRules/postern"
  role_definition_name = "Monitoring Metrics Publisher"
  principal_id         = each.value
  depends_on           = [azurerm_resource_group_template_deployment.rule]
}
