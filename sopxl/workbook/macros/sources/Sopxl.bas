Attribute VB_Name = "Sopxl"
Option Explicit

' Part of sopxl, MIT licence.
' The planning buttons of sopxl: one short public Sub for each, named in sopxl/workbook/macros/buttons.py.
' A new planning button is a Sub here that calls Press, and its line in that list.

Private Const PRODUCT As String = "sopxl"

Private isRunning As Boolean

Public Sub SopxlDemand()
    Press "demand", "the demand plan"
End Sub

Public Sub SopxlProcurement()
    Press "procurement", "the procurement plan"
End Sub

Public Sub SopxlProduction()
    Press "production", "the production plan"
End Sub

Public Sub SopxlDistribution()
    Press "distribution", "the distribution plan"
End Sub

Public Sub SopxlFinance()
    Press "finance", "the financial plan"
End Sub

Public Sub SopxlRunAll()
    Press "run_all", "the whole cycle"
End Sub

Public Sub SopxlCheck()
    Press "check", "the check of your tables"
End Sub

Public Sub SopxlConsolidate()
    Press "consolidate", "the group plan"
End Sub

' Runs one function of sopxl.buttons with the plan sheets open for writing, and closes them again
' whatever happens. On a Mac Python runs on its own, so there SopxlSheets closes them when it has ended.
Private Sub Press(ByVal functionName As String, ByVal planName As String)
    Dim failure As String

    If isRunning Then
        If MsgBox(StillWorking(), vbQuestion + vbYesNo + vbDefaultButton2, PRODUCT) <> vbYes Then Exit Sub
        SopxlStopWaiting
    End If
    On Error GoTo Failed
    isRunning = True
    ShowBusy planName
    SopxlOpenPlanSheets
    failure = StartPython(functionName, planName)

Finish:
    On Error Resume Next
    If Len(failure) = 0 And SopxlPythonRunsOn() Then
        SopxlWaitForPython
    Else
        SopxlFinished
    End If
    If Len(failure) > 0 Then MsgBox failure, vbExclamation, PRODUCT
    Exit Sub

Failed:
    failure = CouldNotStart(planName, Err.Description)
    Resume Finish
End Sub

' The end of a press: plan sheets protected as they were, status bar and pointer given back.
Public Function SopxlFinished() As Boolean
    On Error Resume Next
    SopxlClosePlanSheets
    Application.StatusBar = False
    Application.Cursor = xlDefault
    isRunning = False
    SopxlFinished = True
End Function

' The message for the planner when Python did not come through; empty when it did.
Private Function StartPython(ByVal functionName As String, ByVal planName As String) As String
    Dim outcome As Variant

    outcome = RunPython("import sopxl.buttons; sopxl.buttons." & functionName & "()")
    If IsNumeric(outcome) Then
        If outcome = -1 Then StartPython = CouldNotStart(planName, "")
    End If
End Function

Private Function CouldNotStart(ByVal planName As String, ByVal reason As String) As String
    Dim message As String

    message = "sopxl could not run " & planName & ", since Python did not start or stopped early." & vbNewLine & vbNewLine & _
        "To see what is missing on this computer, open a command window, type" & vbNewLine & _
        "    sopxl doctor" & vbNewLine & _
        "and press Enter. It names each fault and its remedy."
    If Len(reason) > 0 Then message = message & vbNewLine & vbNewLine & "Excel says: " & reason
    CouldNotStart = message
End Function

Private Function StillWorking() As String
    StillWorking = "sopxl is still working on this workbook. Please wait until it has finished." & vbNewLine & _
        vbNewLine & "If you know that it has stopped: start anew now?"
End Function

Private Sub ShowBusy(ByVal planName As String)
    Application.StatusBar = "sopxl is working on " & planName & " ..."
    Application.Cursor = xlWait
End Sub
