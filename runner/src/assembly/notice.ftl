Counterpoint
Licensed under the Apache License, Version 2.0, see LICENSE.

The folder lib contains these libraries under their own licenses:

<#list dependencyMap as entry>
<#assign project = entry.getKey()/>
<#assign licenses = entry.getValue()/>
${project.groupId}:${project.artifactId}:${project.version}<#if project.url??> (${project.url})</#if>
  <#list licenses as license>${license}<#if license_has_next>, </#if></#list>
</#list>
