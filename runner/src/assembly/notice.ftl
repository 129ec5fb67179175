Counterpoint
Licensed under the Apache License, Version 2.0, see LICENSE.

The folder lib contains these libraries under their own licenses. The texts of the licenses, and the copyright notices,
are in META-INF of each library, or at its address.

<#list dependencyMap as entry>
<#assign project = entry.getKey()/>
<#assign licenses = entry.getValue()/>
${project.groupId}:${project.artifactId}:${project.version}<#if project.url??> (${project.url})</#if>
  <#list licenses as license>${license}<#if license_has_next>, </#if></#list>
</#list>

Native libraries in ai.djl.pytorch:pytorch-native-cpu, whose own license is for its Java archive:

libtorch, libc10 (https://pytorch.org)
  BSD 3-Clause; contains oneDNN (Apache License 2.0), Intel oneAPI Math Kernel Library (Intel Simplified Software
  License) and other libraries, which the files LICENSE and NOTICE of its source name
libgomp (https://gcc.gnu.org)
  GNU General Public License 3.0 with GCC Runtime Library Exception 3.1
