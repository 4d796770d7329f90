param token string
param location string
param tags object
param alertEmails array
param principalId string

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-lowtide-${token}'
  location: location
  tags: tags
  properties: { sku: { name: 'PerGB2018' }, retentionInDays: 30 }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-lowtide-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: { Application_Type: 'web', WorkspaceResourceId: workspace.id, DisableLocalAuth: true }
}

@description('Monitoring Metrics Publisher: telemetry by identity.')
var publisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource publishing 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, publisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', publisher)
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(alertEmails)) {
  name: 'ag-lowtide-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'lowtide'
    enabled: true
    emailReceivers: [
      for (address, at) in alertEmails: { name: 'email-${at}', emailAddress: address, useCommonAlertSchema: true }
    ]
  }
}

@description('Each is a query over what the host itself records; docs/operations.md says what to do.')
var alerts = [
  {
    name: 'rollout-halted'
    severity: 1
    query: 'traces | where message startswith "A rollout waits for a decision:"'
    minutes: 60
    above: 0
  }
  {
    name: 'nothing-runs'
    severity: 1
    query: 'requests | where name == "sweepsTimer" | summarize runs = count() | where runs == 0'
    minutes: 180
    above: 0
  }
  {
    name: 'timer-fails'
    severity: 2
    query: 'requests | where name in ("sweepsTimer", "monthlyRolloutTimer", "retentionTimer") and success == false'
    minutes: 60
    above: 0
  }
  {
    name: 'stuck-or-not-started'
    severity: 2
    query: 'traces | where message has_any ("had stopped; it goes on", "was not started:", "A ledger was not tidied")'
    minutes: 60
    above: 0
  }
  {
    name: 'listing-not-believed'
    severity: 2
    query: 'traces | where message has "was not believed:"'
    minutes: 60
    above: 0
  }
  {
    name: 'round-failed'
    severity: 2
    query: 'traces | where message startswith "Round " and message has " failed: "'
    minutes: 60
    above: 0
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: 'lowtide-${alert.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Lowtide: ${alert.name}'
      severity: alert.severity
      enabled: true
      scopes: [insights.id]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT${alert.minutes}M'
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: alert.above
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(alertEmails) ? [] : [people.id] }
    }
  }
]

output connectionString string = insights.properties.ConnectionString
