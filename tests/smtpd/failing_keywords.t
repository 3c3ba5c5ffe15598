# What EHLO may offer to this client is not known; HELO offers nothing.
conf: smtpd_discard_ehlo_keyword_address_maps = fail:keywords
S: 220 *
C: EHLO client.example
S: 451 4.3.0 Error: temporary lookup failure
C: HELO client.example
S: 250 *
L: warning: smtpd_discard_ehlo_keyword_address_maps: fail:keywords: *
